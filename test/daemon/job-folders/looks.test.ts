import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JobChange } from '../../../src/daemon/job-folders/change.ts';
import { createJobFolders } from '../../../src/daemon/job-folders/job-folders.ts';
import { watchFolders } from '../../../src/watch/watch-folders.ts';
import { systemClock } from '../../support/system-clock.ts';
import { createRig, inShort } from './rig.ts';

const FULL = ['load x.conf', 'define x: x'];

test('reloads asked for together are one; one asked for during a look is done after it', async () => {
  let during: Promise<void> | undefined;
  const told: string[] = [];
  await using rig = createRig({
    onChange(change) {
      told.push(...inShort(change));
      // In the middle of the first look; what is written now has to be found.
      if (during !== undefined) return;
      during = rig.folders.reload();
      rig.write('jobs/a.conf', 'exec a\n');
    },
  });
  rig.write('jobs/x.conf', 'exec x\n');
  await Promise.all([rig.folders.start(), rig.folders.reload(), rig.folders.reload()]);
  await during;
  expect(told).toEqual([...FULL, 'load a.conf', 'define a: a', ...FULL]);
});

test('a hint during a look is followed after it', async () => {
  await using rig = createRig();
  rig.write('jobs/x.conf', 'exec x\n');
  const start = rig.folders.start();
  await Promise.all([rig.hint(), start]);
  expect(rig.told()).toEqual(FULL);
});

test('when they are closed nothing is told any more, and who waits is told so', async () => {
  await using rig = createRig();
  rig.write('jobs/x.conf', 'exec x\n');
  await rig.folders.start();
  rig.told();
  rig.write('jobs/x.conf', 'exec y\n');
  await rig.hint();
  expect(rig.clock.armed).toBe(1);
  const reload = rig.folders.reload();
  const closing = rig[Symbol.asyncDispose]();
  await expect(reload).rejects.toMatchObject({ code: 'cancelled' });
  await closing;
  await expect(rig.folders.reload()).rejects.toMatchObject({ code: 'cancelled' });
  await rig.hint();
  expect([rig.told(), rig.clock.armed]).toEqual([[], 0]);
});

test('a look at many files lets others have their turn, and can be given up', async () => {
  let told = 0;
  let closing: PromiseLike<void> | undefined;
  await using rig = createRig({
    onChange() {
      told += 1;
      if (told === 1) setImmediate(() => (closing = rig[Symbol.asyncDispose]()));
    },
  });
  for (let at = 0; at < 2000; at += 1) rig.write(`jobs/job-${at}.conf`, `start on e-${at}\n`);
  await expect(rig.folders.start()).rejects.toMatchObject({ code: 'cancelled' });
  await closing;
  expect(told).toBeLessThan(2 * 2000);
});

test('the real watcher and the real time', async () => {
  await using rig = createRig({ folders: [] });
  const told: string[] = [];
  const onChange = (change: JobChange) => told.push(...inShort(change));
  const jobs = join(rig.root, 'later/jobs');
  await using folders = createJobFolders({
    folders: [{ path: jobs, dialect: 'init' }],
    onChange,
    clock: systemClock,
    watch: (options) =>
      watchFolders({ ...options, clock: systemClock, onProblem: (e) => told.push(e.message) }),
  });
  await folders.start();
  expect(told.splice(0)).toEqual([`problem no such folder of jobs: ${jobs}`]);
  const becomes = async (lines: readonly string[]) => {
    await expect.poll(() => told, { timeout: 20_000 }).toEqual(lines);
    told.length = 0;
  };
  mkdirSync(jobs, { recursive: true });
  rig.moveIn('later/jobs/x.conf', 'exec x\n');
  await becomes(FULL);
  rig.write('later/jobs/sub/y.conf', 'exec y\n');
  await becomes(['load sub/y.conf', 'define sub/y: y']);
  rig.write('later/jobs/sub/y.conf', 'exec z\n');
  await becomes(['load sub/y.conf', 'define sub/y: z']);
  rig.moveIn('later/jobs/x.override', 'manual\n');
  await becomes(['load x.conf', 'override x with x.override', 'define x: x']);
});
