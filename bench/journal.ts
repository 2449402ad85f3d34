import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpoolEntry } from '../src/ports/spool-journal.ts';
import { systemClock } from '../src/process/system-clock.ts';
import { type Journal, openJournal } from '../src/store/journal.ts';
import { timed } from './command.ts';
import { startBenchDaemon } from './daemon-rig.ts';
import { type Report, ratios } from './figure.ts';

const KEEPS = 500;
const TURN = 50;
const RUNS = 1000;

/** Milliseconds: of one sync and of one keep, and of a start. */
interface Round {
  readonly fsync: number;
  readonly alone: number;
  readonly together: number;
  readonly fresh: number;
  readonly restart: number;
}

/**
 * What a keep of the journal costs when it is waited for, alone and with 49 others in one turn, against
 * a page that is written and synced by nothing but Node, in turn. And the start of domstartd, Node's
 * included, with 1,000 runs in its journal (goal: under 2 s) against one with none.
 */
export async function journal(runs: number): Promise<Report> {
  const rounds: Round[] = [];
  for (let run = 0; run < runs; run += 1) {
    console.error(`run ${run + 1} of ${runs}`);
    rounds.push(await runRound());
  }
  const of = (part: keyof Round) => rounds.map((round) => round[part]);
  const restarts = of('restart').map((ms) => ms / 1000);
  return {
    figures: [
      { name: 'write and fsync of a page', unit: 'ms', values: of('fsync') },
      { name: 'a keep, alone', unit: 'ms', values: of('alone') },
      { name: `a keep, of ${TURN} in one turn`, unit: 'ms', values: of('together') },
      { name: 'a keep alone / fsync', unit: '', values: ratios(of('alone'), of('fsync')) },
      { name: 'start without a journal', unit: 's', values: of('fresh').map((ms) => ms / 1000) },
      { name: `start with ${RUNS} runs in it`, unit: 's', values: restarts, goal: 2 },
    ],
  };
}

async function runRound(): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-bench-'));
  try {
    const state = join(folder, 'state');
    const fsync = bareSync(join(folder, 'bare'));
    const keeps = await measureKeeps(state);
    await fill(state);
    const jobs = { one: 'start on startup\nexec sleep 1000000\n' };
    const startMs = async (place: string) => {
      await using daemon = await startBenchDaemon(jobs, { state: place });
      return daemon.startMs;
    };
    const fresh = await startMs(join(folder, 'fresh'));
    return { fsync, ...keeps, fresh, restart: await startMs(state) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Appends, as a journal does. */
function bareSync(path: string): number {
  const page = Buffer.alloc(4096, 1);
  const fd = openSync(path, 'w');
  const begin = performance.now();
  for (let at = 0; at < KEEPS; at += 1) {
    writeSync(fd, page);
    fsyncSync(fd);
  }
  const ms = performance.now() - begin;
  closeSync(fd);
  return ms / KEEPS;
}

async function measureKeeps(state: string): Promise<Pick<Round, 'alone' | 'together'>> {
  await using own = await open(state);
  const { spoolFiles } = own;
  const alone = await timed(async () => {
    for (let at = 0; at < KEEPS; at += 1) await spoolFiles.keep(entry(`alone-${at}`));
  });
  const together = await timed(async () => {
    for (let at = 0; at < KEEPS; at += TURN) {
      const turn = Array.from({ length: TURN }, (_, part) => entry(`together-${at + part}`));
      await Promise.all(turn.map((one) => spoolFiles.keep(one)));
    }
  });
  return { alone: alone / KEEPS, together: together / KEEPS };
}

/** As many runs as a day may have, with what a domain has beside. */
async function fill(state: string): Promise<void> {
  await using own = await open(state);
  const { runLog } = own;
  const variables = [{ name: 'JOB', value: 'one' }];
  for (let at = 0; at < RUNS; at += 1) {
    const run = { job: 'one', instance: `${at}`, startedAt: Date.now() };
    runLog.begin(run);
    for (const [serial, name] of ['starting', 'started', 'stopping', 'stopped'].entries()) {
      runLog.event({ serial, name, variables, at: Date.now(), run });
    }
    const phases = ['image', 'create', 'boot', 'guest', 'teardown'].map((phase) => ({
      phase,
      ms: 10,
    }));
    runLog.end(run, { result: 'ok', exitStatus: 0, endedAt: Date.now(), facts: {}, phases });
  }
}

function open(folder: string): Promise<Journal> {
  const onProblem = (error: Error) => {
    throw error;
  };
  return openJournal({ folder, clock: systemClock, onProblem });
}

function entry(run: string): SpoolEntry {
  return {
    ...{ run, spool: '/srv/spool', name: Buffer.from(run), job: 'one' },
    ...{ step: 'claimed', attempt: 1, claimedAt: Date.now() },
  };
}
