import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchDaemon, startBenchDaemon } from './daemon-rig.ts';
import type { Figure, Report } from './figure.ts';
import type { BenchOptions } from './main.ts';
import { median } from './measure.ts';
import { childrenOf, descriptorsOf, memoryOf } from './process-status.ts';

const JOBS = {
  task: 'start on work\ninstance $N\ntask\nexec true\n',
  talker: 'start on talk\ntask\nscript\n  echo one\n  echo two >&2\nend script\n',
  loser: 'start on lose\ntask\nexec false\n',
  follower: 'start on stopped JOB=talker RESULT=ok\ntask\nexec true\n',
  service:
    'start on serve\nstop on unserve\npre-start exec true\npost-stop exec true\nexec sleep 1000000\n',
};
/** What one turn runs: 4 tasks at once, talker and follower, loser, service. */
const RUNS_PER_TURN = 8;
const ROUNDS = 100;
const AT_ONCE = 500;
const LOGS_CLOSE_MS = 5000;

/**
 * A long life in fast motion: many events that nobody waits for, and many runs of jobs of all kinds,
 * in one domstartd. Goal: memory is flat (the last tenth against the second), and no child, zombie,
 * descriptor or instance is left.
 */
export async function soak(_: number, options: BenchOptions): Promise<Report> {
  const { emits = 1_000_000, runs = 100_000, minutes = Number.POSITIVE_INFINITY } = options;
  await using daemon = await startBenchDaemon(JOBS);
  const begin = performance.now();
  const until = begin + minutes * 60_000;
  const memory: number[] = [];
  const emitting: number[] = [];
  const running: number[] = [];
  let rounds = 0;
  let descriptors = 0;
  for (; rounds < ROUNDS && performance.now() < until; rounds += 1) {
    const count = Math.ceil(emits / ROUNDS);
    const turns = Math.ceil(runs / RUNS_PER_TURN / ROUNDS);
    emitting.push((await timed(() => emitMany(daemon, count))) / count);
    running.push((await timed(() => runMany(daemon, turns))) / turns / RUNS_PER_TURN);
    memory.push(memoryOf(daemon.pid));
    if (rounds === 0) descriptors = (await settledDescriptors(daemon)).others;
    console.error(`round ${rounds + 1} of ${ROUNDS}: ${memory.at(-1)?.toFixed(0)} MB`);
  }
  const left = (await daemon.ask({ verb: 'list' })).filter(
    (item) => item.kind !== 'status' || item.status.state !== 'waiting',
  );
  const settled = await settledDescriptors(daemon);
  const tenth = Math.max(1, Math.floor(rounds / 10));
  const early = memory.slice(tenth, 2 * tenth);
  const late = memory.slice(-tenth);
  const share = rounds / ROUNDS;
  return {
    notes: [
      `${Math.round(emits * share)} events, ${Math.round(runs * share)} runs, in ${(
        (performance.now() - begin) / 60_000
      ).toFixed(1)} min`,
    ],
    figures: [
      { name: 'an event', unit: 'µs', values: emitting.map((ms) => ms * 1000) },
      { name: 'a run', unit: 'ms', values: running },
      { name: 'memory, the second tenth', unit: 'MB', values: early },
      { name: 'memory, the last tenth', unit: 'MB', values: late },
      { name: 'last / second', unit: '', values: [median(late) / median(early)], goal: 1.1 },
      none('descriptors', { count: settled.others - descriptors }),
      { name: 'spare pipes', unit: '', values: [settled.pipes], goal: 128 },
      none('children', { count: childrenOf(daemon.pid).length }),
      none('instances', { count: left.length }),
    ],
  };
}

function none(name: string, { count }: { readonly count: number }): Figure {
  return { name: `left: ${name}`, unit: '', values: [count], goal: 0 };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function emitMany(daemon: BenchDaemon, count: number): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, at) =>
      daemon.ask({ verb: 'emit', event: 'tick', env: [`N=${done + at}`], wait: false }),
    );
    await Promise.all(some);
  }
}

async function runMany(daemon: BenchDaemon, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await Promise.all([
      ...Array.from({ length: 4 }, (_, at) => daemon.emit('work', [`N=${at}`])),
      daemon.emit('talk'),
      daemon.emit('lose').then(mustFail, () => {}),
      daemon.emit('serve').then(() => daemon.emit('unserve')),
    ]);
  }
}

function mustFail(): never {
  throw new Error('an event whose job failed did not fail');
}

/** Once logs are closed, which stay open for a while after the last line. */
async function settledDescriptors({ pid }: BenchDaemon) {
  await sleep(LOGS_CLOSE_MS);
  return descriptorsOf(pid);
}
