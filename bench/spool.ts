import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBenchDaemon } from './daemon-rig.ts';
import { type Report, ratios } from './figure.ts';
import type { BenchOptions } from './main.ts';
import { median } from './measure.ts';

/** At once, ours and the bare ones. */
const LIMIT = 8;
const FILES = 2_000;
const SINGLE = 200;
const DOMAINS = 3;

interface Round {
  readonly claims: readonly number[];
  readonly floor: number;
  readonly ours: number;
}

/**
 * A spool of the daemon. From a rename into `in/` to the claim, one file after the other (goal: 10 ms in
 * the middle, 50 ms of 99 in 100); many at one go through a job that runs `true`, against as many
 * bare spawns of it in the same round; and from a claim to the creation of a domain whose image is
 * cached (goal: 30 ms on top of the image).
 */
export async function spool(runs: number, { runs: files = FILES }: BenchOptions): Promise<Report> {
  const rounds: Round[] = [];
  for (let run = 0; run < runs; run += 1) {
    console.error(`run ${run + 1} of ${runs}`);
    rounds.push(await runRound(files));
  }
  const claims = rounds.map((round) => round.claims.toSorted((a, b) => a - b));
  const [floor, ours] = [rounds.map((round) => round.floor), rounds.map((round) => round.ours)];
  return {
    figures: [
      { name: 'rename to claim, median', unit: 'ms', values: claims.map(median), goal: 10 },
      {
        ...{ name: 'rename to claim, 99 of 100', unit: 'ms', goal: 50 },
        values: claims.map((all) => all[Math.floor(all.length * 0.99)] ?? Number.NaN),
      },
      { name: 'bare spawns', unit: '/s', values: floor },
      { name: `files through \`exec true\`, of ${files}`, unit: '/s', values: ours },
      { name: 'files / bare spawns', unit: '', values: ratios(ours, floor) },
      { name: 'claim to domain, without the image', unit: 'ms', values: await domains(), goal: 30 },
    ],
  };
}

async function runRound(files: number): Promise<Round> {
  await using daemon = await startBenchDaemon({
    queue: `spool ../spool\nspool limit ${LIMIT}\ntask\nconsole none\nexec true\n`,
  });
  const folder = join(daemon.folder, 'spool');
  const inbox = join(folder, 'in');
  const stage = join(daemon.folder, 'stage');
  mkdirSync(stage);
  while (!existsSync(inbox)) await sleep(20);
  await sleep(500);
  const claims: number[] = [];
  for (let at = 0; at < SINGLE; at += 1) claims.push(await claim(stage, inbox, `single-${at}`));
  await until(folder, SINGLE);
  const names = Array.from({ length: files }, (_, at) => `many-${at}`);
  for (const name of names) writeFileSync(join(stage, name), 'x');
  const floor = await bareSpawns(files);
  const begin = performance.now();
  for (const name of names) renameSync(join(stage, name), join(inbox, name));
  await until(folder, SINGLE + files);
  const ours = files / ((performance.now() - begin) / 1000);
  return { claims, floor, ours };
}

/** Milliseconds until it is not there any more. */
async function claim(stage: string, inbox: string, name: string): Promise<number> {
  writeFileSync(join(stage, name), 'x');
  const target = join(inbox, name);
  const begin = performance.now();
  renameSync(join(stage, name), target);
  while (existsSync(target)) await new Promise(setImmediate);
  const ms = performance.now() - begin;
  await sleep(20);
  return ms;
}

async function until(folder: string, count: number): Promise<void> {
  const done = join(folder, 'done');
  while (!existsSync(done) || readdirSync(done).length < count) await sleep(50);
}

/** How many in a second. */
async function bareSpawns(count: number): Promise<number> {
  const begin = performance.now();
  let started = 0;
  async function lane(): Promise<void> {
    while (started < count) {
      started += 1;
      const child = spawn('true', { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      await once(child, 'close');
    }
  }
  await Promise.all(Array.from({ length: LIMIT }, lane));
  return count / ((performance.now() - begin) / 1000);
}

/** The job's own text: the guest runs what was dropped. */
const DOMAIN = `
spool ../spool
spool limit 1
task
image from busybox
image copy $FILE /root/program 0755
guest one
    exec /root/program
end guest
`;

async function domains(): Promise<number[]> {
  await using daemon = await startBenchDaemon({ one: DOMAIN });
  const folder = join(daemon.folder, 'spool');
  while (!existsSync(join(folder, 'in'))) await sleep(20);
  // The first makes the image.
  for (let at = 0; at <= DOMAINS; at += 1) {
    writeFileSync(join(daemon.folder, `${at}`), '#!/bin/sh\ntrue\n');
    renameSync(join(daemon.folder, `${at}`), join(folder, 'in', `${at}`));
    await until(folder, at + 1);
  }
  return Array.from({ length: DOMAINS }, (_, at) => {
    const told = JSON.parse(readFileSync(join(folder, 'done', `${at + 1}`, 'run.json'), 'utf8'));
    return Date.parse(told.started) - Date.parse(told.claimed);
  });
}
