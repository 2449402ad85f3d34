/**
 * `node bench/legs/main.ts LEG TASKS`: one measured leg in a process of its own, because a spawn costs
 * the more the larger the process is that does it. Prints milliseconds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type JobTexts, startBenchDaemon } from '../daemon-rig.ts';
import { chainOf, crowdOf } from './jobs.ts';

const LEGS: Record<string, (tasks: number) => Promise<number>> = {
  'bare-chain': bareChain,
  'bare-crowd': bareCrowd,
  'engine-chain': (tasks) => onEngine(chainOf(tasks)),
  'engine-crowd': (tasks) => onEngine(crowdOf(tasks)),
  'daemon-chain': (tasks) => onDaemon(chainOf(tasks)),
  'daemon-crowd': (tasks) => onDaemon(crowdOf(tasks)),
};

const [name = '', tasks = ''] = process.argv.slice(2);
const leg = LEGS[name];
if (leg === undefined || !(Number(tasks) > 0)) throw new Error(`no such leg: ${name} ${tasks}`);
console.log(await leg(Number(tasks)));

/** One after the other, by nothing but Node. */
function bareChain(tasks: number): Promise<number> {
  return timed(async () => {
    for (let at = 0; at < tasks; at += 1) await bare();
  });
}

/** As fast as they can be started. */
function bareCrowd(tasks: number): Promise<number> {
  return timed(async () => {
    await Promise.all(Array.from({ length: tasks }, bare));
  });
}

async function bare(): Promise<void> {
  const [status] = await once(spawn('true', [], { stdio: 'ignore' }), 'exit');
  if (status !== 0) throw new Error(`true exited with ${status}`);
}

/** The built package, as its users have it. */
async function onEngine(jobs: JobTexts): Promise<number> {
  const path = '../../dist/index.js';
  const { createEngine } = (await import(path)) as typeof import('../../src/index.ts');
  await using engine = createEngine({
    jobs: Object.entries(jobs).map(([name, text]) => ({ name, text, dialect: 'init' })),
  });
  let done = 0;
  using _ = engine.on('result', ({ result }) => {
    if (result === 'ok') done += 1;
  });
  const ms = await timed(() => engine.emit('go'));
  await engine.idle();
  expectAll(done, jobs);
  return ms;
}

async function onDaemon(jobs: JobTexts): Promise<number> {
  await using daemon = await startBenchDaemon(jobs);
  const ms = await timed(() => daemon.emit('go'));
  return ms;
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
