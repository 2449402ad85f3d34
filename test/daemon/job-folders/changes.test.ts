import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRig, type Rig } from './rig.ts';

const job = (text: string) => `exec ${text}\n`;

async function started(rig: Rig): Promise<readonly string[]> {
  await rig.folders.start();
  return rig.told();
}

describe('several folders', () => {
  test('the first that has a name defines the job; the next one follows when it is gone', async () => {
    await using rig = createRig({ folders: ['a', 'b'] });
    rig.write('a/x.conf', job('first'));
    rig.write('b/x.conf', job('second'));
    rig.write('b/y.conf', job('other'));
    expect(await started(rig)).toEqual([
      ...['load x.conf', 'define x: first', 'load x.conf', 'load y.conf', 'define y: other'],
    ]);
    rmSync(join(rig.root, 'a/x.conf'));
    await rig.settle();
    expect(rig.told()).toEqual(['deleted x.conf', 'define x: second']);
    rig.moveIn('b/x.conf', job('third'));
    await rig.settle();
    expect(rig.told()).toEqual(['load x.conf', 'define x: third']);
    rig.moveIn('a/x.conf', job('first again'));
    await rig.settle();
    expect(rig.told()).toEqual(['load x.conf', 'define x: first again']);
    rig.moveIn('b/x.conf', job('unseen'));
    await rig.settle();
    expect(rig.told()).toEqual(['load x.conf']);
  });

  test('a name that moves on in a reload is not given up meanwhile', async () => {
    await using rig = createRig({ folders: ['a', 'b'] });
    rig.write('a/x.conf', job('first'));
    await started(rig);
    rmSync(join(rig.root, 'a/x.conf'));
    rig.write('b/x.conf', job('second'));
    await rig.folders.reload();
    expect(rig.told()).toEqual(['load x.conf', 'deleted x.conf', 'define x: second']);
  });

  test('an override counts from its own folder or an earlier one, the earliest first', async () => {
    await using rig = createRig({ folders: ['a', 'b', 'c'] });
    rig.write('b/x.conf', job('b'));
    rig.write('c/x.override', job('from c'));
    expect(await started(rig)).toEqual(['load x.conf', 'define x: b']);
    rig.moveIn('b/x.override', job('from b'));
    await rig.settle();
    expect(rig.told()).toEqual(['load x.conf', 'override x with x.override', 'define x: from b']);
    rig.moveIn('a/x.override', job('from a'));
    await rig.settle();
    expect(rig.told()).toEqual(['load x.conf', 'override x with x.override', 'define x: from a']);
    rig.moveIn('b/x.override', job('hidden'));
    await rig.settle();
    expect(rig.told()).toEqual([]);
    rmSync(join(rig.root, 'a/x.override'));
    await rig.settle();
    expect(rig.told()).toEqual([
      ...['deleted x.override', 'load x.conf', 'override x with x.override', 'define x: hidden'],
    ]);
  });
});

describe('a broken file', () => {
  test('keeps the job as it was, and says why', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', job('good'));
    await started(rig);
    rig.moveIn('jobs/x.conf', 'bogus\n');
    await rig.settle();
    expect(rig.told()).toEqual(['load x.conf', 'error x.conf:1: unknown-stanza (kept)']);
    await rig.folders.reload();
    expect(rig.told()).toEqual(['load x.conf', 'error x.conf:1: unknown-stanza (kept)']);
    rmSync(join(rig.root, 'jobs/x.conf'));
    await rig.settle();
    expect(rig.told()).toEqual(['deleted x.conf', 'undefine x: deleted']);
  });

  test('drops the job where Upstart is asked for, and the next folder has its turn', async () => {
    await using rig = createRig({ folders: ['a', 'b'], onBroken: 'drop' });
    rig.write('a/x.conf', job('first'));
    rig.write('a/y.conf', job('y'));
    rig.write('b/x.conf', job('second'));
    await started(rig);
    rig.moveIn('a/x.conf', 'bogus\n');
    rig.moveIn('a/y.conf', 'bogus\n');
    await rig.settle();
    expect(rig.told()).toEqual([
      ...['load x.conf', 'define x: second', 'error x.conf:1: unknown-stanza (none)'],
      ...['load y.conf', 'undefine y: broken', 'error y.conf:1: unknown-stanza (none)'],
    ]);
  });

  test('of event.d always keeps the job', async () => {
    await using rig = createRig({ dialect: 'event.d', onBroken: 'drop' });
    rig.write('jobs/x', job('good'));
    await started(rig);
    rig.moveIn('jobs/x', 'bogus\n');
    await rig.settle();
    expect(rig.told()).toEqual(['load x', 'error x:1: unknown-stanza (kept)']);
  });

  test('of an override cuts the override short', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', job('x'));
    rig.write('jobs/x.override', 'exec y\nbogus\n');
    expect(await started(rig)).toEqual([
      ...['load x.conf', 'override x with x.override'],
      ...['error x.override:2: unknown-stanza (defined)', 'define x: y'],
    ]);
  });

  test('that never worked defines nothing', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', 'bogus\n');
    expect(await started(rig)).toEqual(['load x.conf', 'error x.conf:1: unknown-stanza (none)']);
  });

  test('warnings are told, with the text that they are about', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', '# \uFFFD');
    rig.write('jobs/y.conf', job('y'));
    rig.write('jobs/y.override', 'bogus\n');
    await rig.folders.start();
    const told = rig.changes().filter(({ kind }) => kind === 'diagnostics');
    expect(told).toMatchObject([
      { file: 'y.override', path: join(rig.root, 'jobs/y.override'), text: 'bogus\n', job: 'y' },
    ]);
  });
});

describe('what is looked at again', () => {
  test('nothing is read that has not changed', async () => {
    await using rig = createRig();
    rig.write('jobs/x.conf', job('x'));
    rig.write('jobs/lone.override', 'manual\n');
    await started(rig);
    await rig.settle();
    expect(rig.told()).toEqual([]);
  });

  test('job files keep their names below sub-folders, which are watched too', async () => {
    await using rig = createRig();
    rig.write('jobs/sub/x.conf', job('x'));
    rig.write('jobs/.hidden/x.conf', job('x'));
    await started(rig);
    expect(rig.watched()).toEqual(['jobs', 'jobs/sub']);
    rig.moveIn('jobs/sub/deep/y.conf', job('y'));
    await rig.hint('jobs/sub');
    expect(rig.told()).toEqual(['load sub/deep/y.conf', 'define sub/deep/y: y']);
    expect(rig.watched()).toEqual(['jobs', 'jobs/sub', 'jobs/sub/deep']);
    rmSync(join(rig.root, 'jobs/sub'), { recursive: true });
    await rig.settle();
    expect(rig.told()).toEqual([
      ...['deleted sub/x.conf', 'undefine sub/x: deleted'],
      ...['deleted sub/deep/y.conf', 'undefine sub/deep/y: deleted'],
    ]);
    expect(rig.watched()).toEqual(['jobs']);
  });

  test('writing to what is no job file is no reason to look; whatever comes or goes is', async () => {
    await using rig = createRig();
    await started(rig);
    const answers = (['x.conf', 'x.override', 'x.log'] as const).map((name) => [
      rig.concerns(name, 'content'),
      rig.concerns(name, 'entry'),
    ]);
    expect(answers).toEqual([
      [true, true],
      [true, true],
      [false, true],
    ]);
  });

  test('a link that was read is followed when it leads elsewhere; a new one waits', async () => {
    await using rig = createRig();
    rig.write('one', job('one'));
    rig.write('two', job('two'));
    const link = join(rig.root, 'jobs/x.conf');
    symlinkSync('../one', link);
    expect(await started(rig)).toEqual(['load x.conf', 'define x: one']);
    rmSync(link);
    symlinkSync('../two', link);
    symlinkSync('../two', join(rig.root, 'jobs/y.conf'));
    symlinkSync('nobody@nowhere', join(rig.root, 'jobs/.#x.conf'));
    await rig.settle();
    const late = join(rig.root, 'jobs/y.conf');
    expect(rig.told()).toEqual([
      `problem not read yet: ${late} is a symbolic link that has come while the folder is watched`,
      ...['load x.conf', 'define x: two'],
    ]);
    await rig.folders.reload();
    expect(rig.told()).toEqual([
      ...['load x.conf', 'define x: two', 'load y.conf', 'define y: two'],
    ]);
  });
});

test('event.d has no overrides: NAME.override is a job', async () => {
  await using rig = createRig({ folders: ['a', 'b'], dialect: 'event.d' });
  rig.write('a/x', job('x'));
  rig.write('a/x.override', job('y'));
  rig.write('b/x.override', job('z'));
  expect(await started(rig)).toEqual([
    ...['load x', 'define x: x', 'load x.override', 'define x.override: y', 'load x.override'],
  ]);
  for (const name of ['a/x', 'a/x.override']) rmSync(join(rig.root, name));
  await rig.settle();
  expect(rig.told()).toEqual([
    ...['deleted x', 'undefine x: deleted', 'deleted x.override', 'define x.override: z'],
  ]);
});

test('a definition is plain, names its file, and holds nothing of the text', async () => {
  await using rig = createRig();
  rig.write('jobs/sub/x.conf', 'start on a and b X=1\nexec x\n');
  await rig.folders.start();
  const [, define] = rig.changes();
  if (define?.kind !== 'define') throw new Error('no definition');
  expect(define.job).toMatchObject({
    name: 'sub/x',
    dialect: 'init',
    file: join(rig.root, 'jobs/sub/x.conf'),
  });
  expect(JSON.parse(JSON.stringify(define.job))).toEqual(define.job);
});
