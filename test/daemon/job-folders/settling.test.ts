import { appendFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SETTLE_MS } from '../../../src/daemon/job-folders/settling.ts';
import { createRig, type Rig } from './rig.ts';

const GOOD = ['load x.conf', 'define x: x'];

async function started(): Promise<Rig> {
  const rig = createRig();
  rig.write('jobs/x.conf', 'exec old\n');
  await rig.folders.start();
  rig.told();
  return rig;
}

/** Turns the clock and waits for what that has begun: looks come one after the other. */
async function turn(rig: Rig, ms: number): Promise<void> {
  rig.clock.turn(ms);
  await rig.hint();
}

test('a file that is written in place is read when it has settled, and never half', async () => {
  await using rig = await started();
  rig.write('jobs/x.conf', 'scr');
  await rig.hint();
  await turn(rig, SETTLE_MS - 20);
  appendFileSync(join(rig.root, 'jobs/x.conf'), 'ipt\n  x\n');
  await turn(rig, 10);
  appendFileSync(join(rig.root, 'jobs/x.conf'), 'end script\n');
  await rig.hint();
  await turn(rig, SETTLE_MS - 1);
  expect(rig.told()).toEqual([]);
  await turn(rig, 3);
  expect(rig.told()).toEqual(['load x.conf', 'define x: x\n']);
  await turn(rig, 10 * SETTLE_MS);
  expect(rig.told()).toEqual([]);
  expect(rig.clock.armed).toBe(0);
});

test('nobody has to hint when it has settled', async () => {
  await using rig = await started();
  rig.write('jobs/x.conf', 'exec x\n');
  await rig.hint();
  rig.clock.turn(SETTLE_MS + 1);
  await expect.poll(() => rig.told()).toEqual(GOOD);
});

test('a file that is moved here is read at once', async () => {
  await using rig = await started();
  rig.moveIn('jobs/x.conf', 'exec x\n');
  await rig.hint();
  expect(rig.told()).toEqual(GOOD);
  expect(rig.clock.armed).toBe(0);
});

test('a file that an editor moves aside and writes anew stays defined', async () => {
  await using rig = await started();
  const file = join(rig.root, 'jobs/x.conf');
  renameSync(file, `${file}~`);
  await rig.hint();
  await turn(rig, SETTLE_MS / 2);
  rig.write('jobs/x.conf', 'exec x\n');
  rmSync(`${file}~`);
  await rig.hint();
  await turn(rig, SETTLE_MS + 1);
  expect(rig.told()).toEqual(GOOD);
});

test('a file that is gone for a moment is not deleted', async () => {
  await using rig = await started();
  const file = join(rig.root, 'jobs/x.conf');
  renameSync(file, `${file}~`);
  await rig.hint();
  renameSync(`${file}~`, file);
  await turn(rig, 2 * SETTLE_MS);
  expect(rig.told()).toEqual(['load x.conf', 'define x: old']);
});

test('a job that gets another name changes it at once', async () => {
  await using rig = await started();
  renameSync(join(rig.root, 'jobs/x.conf'), join(rig.root, 'jobs/y.conf'));
  await rig.hint();
  expect(rig.told()).toEqual([
    ...['deleted x.conf', 'undefine x: deleted', 'load y.conf', 'define y: old'],
  ]);
});

test('a job waits for its override that is being written, and is read once', async () => {
  await using rig = await started();
  rig.moveIn('jobs/x.conf', 'exec x\n');
  rig.write('jobs/x.override', 'man');
  await rig.hint();
  await turn(rig, SETTLE_MS / 2);
  appendFileSync(join(rig.root, 'jobs/x.override'), 'ual\n');
  await rig.hint();
  expect(rig.told()).toEqual([]);
  await turn(rig, SETTLE_MS + 1);
  expect(rig.told()).toEqual(['load x.conf', 'override x with x.override', 'define x: x']);
});

test('a reload takes files as they are, and finds the rest when it is written', async () => {
  await using rig = await started();
  rig.write('jobs/x.conf', 'exec');
  await rig.folders.reload();
  expect(rig.told()).toEqual(['load x.conf', 'error x.conf:1: expected-token (kept)']);
  appendFileSync(join(rig.root, 'jobs/x.conf'), ' x\n');
  await rig.settle();
  expect(rig.told()).toEqual(GOOD);
});
