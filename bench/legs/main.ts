/**
 * `node bench/legs/main.ts LEG TASKS [MB]`: one measured leg in a process of its own, because a spawn
 * costs the more the larger the process is that does it. A bare leg is made at least as large as it is
 * told. Prints milliseconds, and MB of memory that a spawn has to copy the tables of.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type JobTexts, startBenchDaemon } from '../daemon-rig.ts';
import { anonymousMemoryOf } from '../process-status.ts';
import { chainOf, crowdOf } from './jobs.ts';

interface Measured {
  readonly ms: number;
  readonly megabytes: number;
}

const LEGS: Record<string, (tasks: number) => Promise<Measured>> = {
  'bare-chain': bareChain,
  'bare-crowd': bareCrowd,
  'engine-chain': (tasks) => onEngine(chainOf(tasks)),
  'engine-crowd': (tasks) => onEngine(crowdOf(tasks)),
  'daemon-chain': (tasks) => onDaemon(chainOf(tasks)),
  'daemon-crowd': (tasks) => onDaemon(crowdOf(tasks)),
};

const [name = '', tasks = '', size = '0'] = process.argv.slice(2);
const leg = LEGS[name];
if (leg === undefined || !(Number(tasks) > 0)) throw new Error(`no such leg: ${name} ${tasks}`);
const ballast = grow(Number(size));
console.log(JSON.stringify(await leg(Number(tasks))));
ballast.fill(0);

/** One after the other, by nothing but Node. */
async function bareChain(tasks: number): Promise<Measured> {
  const ms = await timed(async () => {
    for (let at = 0; at < tasks; at += 1) await bare();
  });
  return { ms, megabytes: anonymousMemoryOf(process.pid) };
}

/** As fast as they can be started. */
async function bareCrowd(tasks: number): Promise<Measured> {
  const ms = await timed(async () => {
    await Promise.all(Array.from({ length: tasks }, bare));
  });
  return { ms, megabytes: anonymousMemoryOf(process.pid) };
}

async function bare(): Promise<void> {
  const [status] = await once(spawn('true', [], { stdio: 'ignore' }), 'exit');
  if (status !== 0) throw new Error(`true exited with ${status}`);
}

/** The built package, as its users have it. */
async function onEngine(jobs: JobTexts): Promise<Measured> {
  const path = '../../dist/index.js';
  const { createEngine } = (await import(path)) as typeof import('../../src/index.ts');
  await using engine = createEngine({
    jobs: Object.entries(jobs).map(([name, text]) => ({ name, text, dialect: 'init' })),
  });
  let done = 0;
  using _ = engine.on('result', ({ result }) => {
    if (result === 'ok') done += 1;
  });
  const measured = await meanwhile(process.pid, () => engine.emit('go'));
  await engine.idle();
  expectAll(done, jobs);
  return measured;
}

async function onDaemon(jobs: JobTexts): Promise<Measured> {
  await using daemon = await startBenchDaemon(jobs);
  return await meanwhile(daemon.pid, () => daemon.emit('go'));
}

/** Memory grows while it runs: the mean of before and after counts. */
async function meanwhile(pid: number, work: () => Promise<unknown>): Promise<Measured> {
  const before = anonymousMemoryOf(pid);
  const ms = await timed(work);
  return { ms, megabytes: (before + anonymousMemoryOf(pid)) / 2 };
}

/** Memory that this process has touched, so that it has that much in all. */
function grow(megabytes: number): Buffer {
  const more = Math.max(0, megabytes - anonymousMemoryOf(process.pid));
  return Buffer.alloc(more * 2 ** 20, 1);
}

function expectAll(done: number, jobs: JobTexts): void {
  const all = Object.keys(jobs).length;
  if (done !== all) throw new Error(`${done} of ${all} jobs ran`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
