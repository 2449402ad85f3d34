/**
 * `node bench/legs/main.ts WHO-KIND-OUTPUT TASKS`: one measured leg in a process of its own, because a
 * spawn costs the more the larger the process is that does it. Prints milliseconds.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type JobTexts, startBenchDaemon } from '../daemon-rig.ts';
import { chainOf, crowdOf, type Output } from './jobs.ts';

const [name = '', count = ''] = process.argv.slice(2);
const [, who, kind, output] =
  /^(bare|engine|daemon)-(chain|crowd)-(none|log)$/.exec(name) ??
  (() => {
    throw new Error(`no such leg: ${name}`);
  })();
const tasks = Number(count);
const jobs = (kind === 'chain' ? chainOf : crowdOf)(tasks, output as Output);
console.log(await measure());

function measure(): Promise<number> {
  if (who === 'engine') return onEngine(jobs);
  return who === 'daemon' ? onDaemon(jobs) : byNodeAlone();
}

/** One after the other, or as fast as they can be started. */
async function byNodeAlone(): Promise<number> {
  if (kind === 'crowd') {
    return timed(() => Promise.all(Array.from({ length: tasks }, spawnOne)));
  }
  return timed(async () => {
    for (let at = 0; at < tasks; at += 1) await spawnOne();
  });
}

/** Does with its output what `console none` or `console log` does, short of keeping it. */
async function spawnOne(): Promise<void> {
  const child = spawn('true', [], { stdio: output === 'none' ? 'ignore' : 'pipe' });
  child.stdout?.on('data', () => {});
  child.stderr?.on('data', () => {});
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`true exited with ${status}`);
}

/** The built package, as its users have it. */
async function onEngine(texts: JobTexts): Promise<number> {
  const path = '../../dist/index.js';
  const { createEngine } = (await import(path)) as typeof import('../../src/index.ts');
  await using engine = createEngine({
    jobs: Object.entries(texts).map(([job, text]) => ({ name: job, text, dialect: 'init' })),
  });
  let done = 0;
  using _ = engine.on('result', ({ result }) => {
    if (result === 'ok') done += 1;
  });
  const ms = await timed(() => engine.emit('go'));
  await engine.idle();
  const all = Object.keys(texts).length;
  if (done !== all) throw new Error(`${done} of ${all} jobs ran`);
  return ms;
}

async function onDaemon(texts: JobTexts): Promise<number> {
  await using daemon = await startBenchDaemon(texts);
  return await timed(() => daemon.emit('go'));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
