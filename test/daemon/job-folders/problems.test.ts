import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRig, type Rig } from './rig.ts';

const AS_ROOT = process.getuid?.() === 0;

async function started(rig: Rig): Promise<readonly string[]> {
  await rig.folders.start();
  return rig.told();
}

describe('a folder that is missing', () => {
  test('is told once, and served when it appears', async () => {
    await using rig = createRig();
    rmSync(join(rig.root, 'jobs'), { recursive: true });
    const missing = `problem no such folder of jobs: ${join(rig.root, 'jobs')}`;
    expect(await started(rig)).toEqual([missing]);
    expect(rig.watched()).toEqual(['jobs']);
    await rig.settle();
    expect(rig.told()).toEqual([]);
    rig.moveIn('jobs/x.conf', 'exec x\n');
    await rig.hint();
    expect(rig.told()).toEqual(['load x.conf', 'define x: x']);
    rmSync(join(rig.root, 'jobs'), { recursive: true });
    await rig.settle();
    expect(rig.told()).toEqual([missing, 'deleted x.conf', 'undefine x: deleted']);
  });

  test('for a moment loses no jobs', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', 'exec x\n');
    await started(rig);
    renameSync(join(rig.root, 'jobs'), join(rig.root, 'aside'));
    await rig.hint();
    renameSync(join(rig.root, 'aside'), join(rig.root, 'jobs'));
    await rig.settle();
    expect(rig.told()).toEqual([expect.stringMatching(/^problem no such folder of jobs/)]);
  });

  test.skipIf(AS_ROOT)('or cannot be listed keeps what is known of it', async () => {
    await using rig = createRig();
    const sub = join(rig.root, 'jobs/sub');
    rig.write('jobs/x.conf', 'exec x\n');
    rig.write('jobs/sub/y.conf', 'exec y\n');
    await started(rig);
    chmodSync(sub, 0);
    try {
      rmSync(join(rig.root, 'jobs/x.conf'));
      await rig.settle();
      expect(rig.told()).toEqual([
        expect.stringContaining(`cannot list the jobs of ${sub}: EACCES`),
        ...['deleted x.conf', 'undefine x: deleted'],
      ]);
      await rig.folders.reload();
      expect(rig.told()).toEqual([expect.stringContaining('EACCES')]);
    } finally {
      chmodSync(sub, 0o755);
    }
    await rig.settle();
    expect(rig.told()).toEqual([]);
  });
});

describe('a file that cannot be read', () => {
  test('is told once in a while, not at every look; the others are read', async () => {
    await using rig = createRig();
    rig.write('jobs/a.conf', '');
    truncateSync(join(rig.root, 'jobs/a.conf'), 17 * 2 ** 20);
    rig.write('jobs/b.conf', 'exec b\n');
    symlinkSync('nothing', join(rig.root, 'jobs/c.conf'));
    const problems = [
      `problem cannot read ${join(rig.root, 'jobs/a.conf')}: it has 17 MiB, more than the 16 MiB of a job file`,
      `problem cannot read ${join(rig.root, 'jobs/c.conf')}: it is a symbolic link that leads nowhere`,
    ];
    const [large, nowhere] = problems;
    expect(await started(rig)).toEqual([large, 'load b.conf', 'define b: b', nowhere]);
    await rig.settle();
    expect(rig.told()).toEqual([]);
    await rig.folders.reload();
    expect(rig.told()).toEqual([large, 'load b.conf', 'define b: b', nowhere]);
    rig.moveIn('jobs/a.conf', 'exec a\n');
    rig.write('jobs/nothing', 'exec c\n');
    await rig.settle();
    expect(rig.told()).toEqual([...['load a.conf', 'define a: a', 'load c.conf', 'define c: c']]);
  });

  test('because its link leads round, or has a name too long, holds no other up', async () => {
    await using rig = createRig();
    rig.write('jobs/a.conf', 'exec a\n');
    symlinkSync('b.conf', join(rig.root, 'jobs/b.conf'));
    symlinkSync('x'.repeat(300), join(rig.root, 'jobs/c.conf'));
    const told = [
      ...['load a.conf', 'define a: a'],
      expect.stringMatching(/^problem cannot read .*b\.conf: ELOOP/),
      expect.stringMatching(/^problem cannot read .*c\.conf: ENAMETOOLONG/),
    ];
    expect(await started(rig)).toEqual(told);
    await rig.folders.reload();
    expect(rig.told()).toEqual(told);
  });

  test.skipIf(AS_ROOT)('because its link leads to where nobody may look is told', async () => {
    await using rig = createRig();
    const closed = join(rig.root, 'closed');
    mkdirSync(closed);
    symlinkSync(join(closed, 'x.conf'), join(rig.root, 'jobs/x.conf'));
    chmodSync(closed, 0);
    try {
      expect(await started(rig)).toEqual([expect.stringContaining('EACCES')]);
    } finally {
      chmodSync(closed, 0o755);
    }
  });

  test('keeps its job; an override only leaves the job without it', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', 'exec x\n');
    rig.write('jobs/y.conf', 'exec y\n');
    await started(rig);
    for (const file of ['jobs/x.conf', 'jobs/y.override']) {
      rig.write(file, '');
      truncateSync(join(rig.root, file), 17 * 2 ** 20);
    }
    await rig.settle();
    expect(rig.told()).toEqual([
      expect.stringMatching(/^problem cannot read .*x\.conf: it has 17 MiB/),
      expect.stringMatching(/^problem cannot read .*y\.override: it has 17 MiB/),
      ...['load y.conf', 'define y: y'],
    ]);
  });

  test('goes with its job where Upstart is asked for', async () => {
    await using rig = createRig({ onBroken: 'drop' });
    rig.write('jobs/x.conf', 'exec x\n');
    await started(rig);
    truncateSync(join(rig.root, 'jobs/x.conf'), 17 * 2 ** 20);
    await rig.settle();
    expect(rig.told()).toEqual([expect.stringContaining('it has 17 MiB'), 'undefine x: broken']);
  });

  test.skipIf(AS_ROOT)('for want of rights is read when it gets them', async () => {
    await using rig = createRig();
    const file = join(rig.root, 'jobs/x.conf');
    rig.write('jobs/x.conf', 'exec x\n');
    chmodSync(file, 0);
    expect(await started(rig)).toEqual([expect.stringContaining('EACCES')]);
    chmodSync(file, 0o644);
    await rig.hint();
    expect(rig.told()).toEqual(['load x.conf', 'define x: x']);
  });
});

test('pipes, links to devices and folders that look like files hold nobody up', async () => {
  await using rig = createRig();
  execFileSync('mkfifo', [join(rig.root, 'jobs/a.conf')]);
  symlinkSync('a.conf', join(rig.root, 'jobs/b.conf'));
  symlinkSync('/dev/zero', join(rig.root, 'jobs/c.conf'));
  mkdirSync(join(rig.root, 'jobs/d.conf'));
  symlinkSync('d.conf', join(rig.root, 'jobs/e.conf'));
  const problem = (name: string) =>
    `problem cannot read ${join(rig.root, 'jobs', name)}: it is no regular file`;
  expect(await started(rig)).toEqual([problem('b.conf'), problem('c.conf')]);
});
