import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jobOf, on, or } from '../support/job.ts';
import { createRig, RESCAN } from './watch-rig.ts';

describe('one file', () => {
  test('is told when it is made, changed and removed', async () => {
    await using rig = createRig();
    const file = join(rig.root, 'app.pid');
    rig.waitFor([`FILE=${file}`]);
    await rig.fence();
    writeFileSync(file, '1');
    await rig.until(() => rig.told.length === 1);
    writeFileSync(file, '12');
    await rig.until(() => rig.told.length === 2);
    unlinkSync(file);
    await rig.until(() => rig.told.length === 3);
    expect(rig.emitted).toEqual([
      'file FILE=/app.pid EVENT=create',
      'file FILE=/app.pid EVENT=modify',
      'file FILE=/app.pid EVENT=delete',
    ]);
  });

  test('that is there already is told as made, once', async () => {
    await using rig = createRig();
    const file = join(rig.root, 'there');
    writeFileSync(file, '1');
    rig.waitFor([`FILE=${file}`]);
    await rig.until(() => rig.told.length === 1);
    rig.waitFor([`FILE=${file}`]);
    await rig.fence();
    expect(rig.told).toEqual(['create /there']);
  });

  test('only the kinds that are waited for are told', async () => {
    await using rig = createRig();
    const file = join(rig.root, 'a');
    writeFileSync(file, '1');
    rig.waitFor([`FILE=${file}`, 'EVENT=delete']);
    await rig.fence();
    writeFileSync(file, '12');
    await rig.fence();
    unlinkSync(file);
    await rig.until(() => rig.told.length > 0);
    expect(rig.told).toEqual(['delete /a']);
  });

  test('renamed over is changed; its neighbours are nobody’s business', async () => {
    await using rig = createRig();
    const file = join(rig.root, 'a');
    writeFileSync(file, '1');
    rig.waitFor([`FILE=${file}`]);
    await rig.fence();
    writeFileSync(join(rig.root, 'a.new'), '2');
    utimesSync(join(rig.root, 'a.new'), 1, 1);
    renameSync(join(rig.root, 'a.new'), file);
    await rig.until(() => rig.told.length === 2);
    await rig.fence();
    expect(rig.told).toEqual(['create /a', 'modify /a']);
  });

  test('a link counts as what it leads to, and not while that is missing', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/link`]);
    await rig.fence();
    symlinkSync('target', join(rig.root, 'link'));
    await rig.fence();
    expect(rig.told).toEqual([]);
    writeFileSync(join(rig.root, 'target'), '');
    rig.clock.turn(RESCAN);
    await rig.until(() => rig.told.length === 1);
    unlinkSync(join(rig.root, 'link'));
    await rig.until(() => rig.told.length === 2);
    expect(rig.told).toEqual(['create /link', 'delete /link']);
  });
});

describe('patterns', () => {
  test('tell each file that matches, in the order of names', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/*.job`, 'EVENT=create']);
    await rig.fence();
    for (const name of ['c.job', 'a.job', 'b.txt', 'b.job']) {
      writeFileSync(join(rig.root, name), '');
    }
    await rig.until(() => rig.told.length >= 3);
    expect(rig.emitted).toEqual(
      ['a', 'b', 'c'].map((name) => `file FILE=/*.job EVENT=create MATCH=/${name}.job`),
    );
  });

  test('take every name a file can have; hidden ones have to be asked for', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/*`, 'EVENT=create'], [`FILE=${rig.root}/.[a-e]*`]);
    await rig.fence();
    const names = [' ', '*', '.env', '.hidden', 'a b', 'a\nb', 'ä', '[', '\\', '$HOME'];
    for (const name of names) writeFileSync(join(rig.root, name), '');
    const expected = names.filter((name) => name !== '.hidden').map((name) => `create /${name}`);
    await rig.until(() => rig.told.length >= expected.length);
    await rig.fence();
    expect(rig.told.toSorted()).toEqual(expected.toSorted());
  });

  test('with a set are told by the path, which they match', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/[ab].job`, 'EVENT=create']);
    writeFileSync(join(rig.root, 'a.job'), '');
    await rig.until(() => rig.told.length === 1);
    expect(rig.emitted).toEqual(['file FILE=/a.job EVENT=create MATCH=/a.job']);
  });

  test('a change that several jobs wait for is told to each once', async () => {
    await using rig = createRig();
    rig.waitFor(
      [`FILE=${rig.root}/*`, 'EVENT=create'],
      [`FILE=${rig.root}/*.job`, 'EVENT=create'],
      [`FILE=${rig.root}/a.job`, 'EVENT=create'],
      [`FILE=${rig.root}/*.job`, 'EVENT=create'],
    );
    writeFileSync(join(rig.root, 'a.job'), '');
    writeFileSync(join(rig.root, 'b.job'), '');
    writeFileSync(join(rig.root, 'c'), '');
    await rig.until(() => rig.told.length === 3);
    expect(rig.emitted).toEqual([
      'file FILE=/a.job EVENT=create MATCH=/a.job',
      'file FILE=/*.job EVENT=create MATCH=/b.job',
      'file FILE=/* EVENT=create MATCH=/c',
    ]);
  });
});

describe('folders', () => {
  test('that come later are found, however deep', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/one/two/three/*.job`]);
    await rig.fence();
    mkdirSync(join(rig.root, 'one/two/three'), { recursive: true });
    writeFileSync(join(rig.root, 'one/two/three/a.job'), '');
    await rig.until(() => rig.told.length === 1);
    writeFileSync(join(rig.root, 'one/two/three/b.job'), '');
    await rig.until(() => rig.told.length === 2);
    expect(rig.told).toEqual(['create /one/two/three/a.job', 'create /one/two/three/b.job']);
  });

  test('that come one by one are found', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/one/two/a`]);
    await rig.fence();
    mkdirSync(join(rig.root, 'one'));
    await rig.fence();
    mkdirSync(join(rig.root, 'one/two'));
    await rig.fence();
    writeFileSync(join(rig.root, 'one/two/a'), '');
    await rig.until(() => rig.told.length === 1);
  });

  test('that are removed and made again are watched again', async () => {
    await using rig = createRig();
    const folder = join(rig.root, 'in');
    rig.waitFor([`FILE=${folder}/*`]);
    for (let round = 0; round < 5; round += 1) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'a'), '');
      await rig.until(() => rig.told.length === 2 * round + 1);
      rmSync(folder, { recursive: true });
      await rig.until(() => rig.told.length === 2 * round + 2);
    }
    expect(rig.told.slice(-2)).toEqual(['create /in/a', 'delete /in/a']);
  });

  test('replaced at once, and what was in them', async () => {
    await using rig = createRig();
    const folder = join(rig.root, 'in');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a'), '');
    rig.waitFor([`FILE=${folder}/*`], [`FILE=${folder}/`, 'EVENT!=modify']);
    await rig.until(() => rig.told.length === 2);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'b'), '');
    await rig.until(() => rig.told.includes('create /in/b'));
    writeFileSync(join(folder, 'c'), '');
    await rig.until(() => rig.told.includes('create /in/c'));
    expect(rig.told).toEqual([
      'create /in/',
      'create /in/a',
      'delete /in/',
      'create /in/',
      'delete /in/a',
      'create /in/b',
      'create /in/c',
    ]);
  });

  test('named with a slash tell themselves, and that something in them changed', async () => {
    await using rig = createRig();
    const folder = join(rig.root, 'in');
    rig.waitFor([`FILE=${folder}/`]);
    await rig.fence();
    mkdirSync(folder);
    await rig.until(() => rig.told.length === 1);
    writeFileSync(join(folder, 'a'), '');
    await rig.until(() => rig.told.length === 2);
    unlinkSync(join(folder, 'a'));
    await rig.until(() => rig.told.length === 3);
    rmdirSync(folder);
    await rig.until(() => rig.told.length === 4);
    expect(rig.emitted).toEqual([
      'file FILE=/in/ EVENT=create',
      'file FILE=/in/ EVENT=modify MATCH=/in/a',
      'file FILE=/in/ EVENT=modify MATCH=/in/a',
      'file FILE=/in/ EVENT=delete',
    ]);
  });

  test('whose parent is exchanged are found by the rescan', async () => {
    await using rig = createRig();
    mkdirSync(join(rig.root, 'one/in'), { recursive: true });
    rig.waitFor([`FILE=${rig.root}/one/in/*`]);
    await rig.fence(join(rig.root, 'one/in'));
    renameSync(join(rig.root, 'one'), join(rig.root, 'old'));
    mkdirSync(join(rig.root, 'one/in'), { recursive: true });
    writeFileSync(join(rig.root, 'one/in/a'), '');
    rig.clock.turn(RESCAN);
    await rig.until(() => rig.told.length === 1);
    writeFileSync(join(rig.root, 'one/in/b'), '');
    await rig.until(() => rig.told.length === 2);
    expect(rig.told).toEqual(['create /one/in/a', 'create /one/in/b']);
  });

  test.skipIf(process.getuid?.() === 0)('that cannot be read are told once', async () => {
    await using rig = createRig();
    const folder = join(rig.root, 'in');
    mkdirSync(folder, { mode: 0 });
    using _readable = { [Symbol.dispose]: () => chmodSync(folder, 0o700) };
    rig.waitFor([`FILE=${folder}/*`]);
    await rig.until(() => rig.problems.length >= 2);
    rig.clock.turn(RESCAN);
    await rig.fence();
    expect(rig.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining(`cannot watch ${folder}: EACCES`),
      expect.stringContaining(`cannot look at "${folder}": EACCES`),
    ]);
  });
});

describe('many', () => {
  test('3,000 files at once are told once each', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/*`, 'EVENT=create']);
    await rig.fence();
    const names = Array.from({ length: 3_000 }, (_, at) => `f${at}`);
    for (const name of names) writeFileSync(join(rig.root, name), 'x');
    await rig.until(() => rig.told.length >= names.length);
    await rig.fence();
    expect(rig.told.toSorted()).toEqual(names.map((name) => `create /${name}`).toSorted());
  });

  test('more than the kernel’s queue holds, while the loop is blocked', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/*`]);
    await rig.fence();
    // Two notices each: 24,000, and the queue holds 16,384.
    const names = Array.from({ length: 12_000 }, (_, at) => `f${at}`);
    for (const name of names) writeFileSync(join(rig.root, name), 'x');
    for (const name of names.slice(6_000)) unlinkSync(join(rig.root, name));
    await rig.until(() => rig.told.length >= 6_000);
    await rig.fence();
    expect(new Set(rig.told)).toEqual(new Set(names.slice(0, 6_000).map((n) => `create /${n}`)));
    expect(rig.told.length).toBe(6_000);
  });
});

describe('jobs', () => {
  test('that come later hear of what is there; the others do not hear it again', async () => {
    await using rig = createRig();
    writeFileSync(join(rig.root, 'a.job'), '');
    rig.waitFor([`FILE=${rig.root}/*.job`]);
    await rig.until(() => rig.told.length === 1);
    rig.waitFor([`FILE=${rig.root}/*.job`], [`FILE=${rig.root}/a*`]);
    await rig.until(() => rig.told.length === 2);
    await rig.fence();
    expect(rig.emitted).toEqual([
      'file FILE=/*.job EVENT=create MATCH=/a.job',
      'file FILE=/a* EVENT=create MATCH=/a.job',
    ]);
  });

  test('that go let their folder go', async () => {
    await using rig = createRig();
    rig.waitFor([`FILE=${rig.root}/a`]);
    await rig.fence();
    rig.waitFor();
    writeFileSync(join(rig.root, 'a'), '');
    await rig.fence();
    expect(rig.told).toEqual([]);
    await rig.bridge[Symbol.asyncDispose]();
    expect(rig.clock.armed).toBe(0);
  });

  test('wait with stop on as well, and in any place of an expression', async () => {
    await using rig = createRig();
    rig.setJobs([
      jobOf('one', {
        startOn: or(on('startup'), on('file', `FILE=${rig.root}/a`, 'EVENT=create')),
        stopOn: on('file', `FILE=${rig.root}/b`),
      }),
    ]);
    writeFileSync(join(rig.root, 'a'), '');
    writeFileSync(join(rig.root, 'b'), '');
    await rig.until(() => rig.told.length === 2);
    expect(rig.told.toSorted()).toEqual(['create /a', 'create /b']);
  });

  test('10,000 of them are not read again where nothing changed', async () => {
    await using rig = createRig();
    const jobs = Array.from({ length: 10_000 }, (_, at) =>
      jobOf(`job-${at}`, {
        startOn: at % 10 === 0 ? on('file', `FILE=${rig.root}/${at}`) : on('startup'),
      }),
    );
    let looks = 0;
    const watched = jobs.map(
      (job) =>
        new Proxy(job, {
          get(target, key) {
            looks += 1;
            return Reflect.get(target, key);
          },
        }),
    );
    rig.setJobs(watched);
    expect(looks).toBeGreaterThan(10_000);
    looks = 0;
    rig.setJobs([...watched]);
    expect(looks).toBe(0);
  });

  test('that wait in vain are told once, by name', async () => {
    await using rig = createRig();
    const faults = [
      'FILE=relative/path',
      'FILE=$HOME/x',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Upstart's own reference
      'FILE=/srv/${X:-in}/a',
      'FILE=/srv/*/a',
      'FILE!=/srv/a',
      '/srv/a',
    ];
    const jobs = faults.map((operand, at) => jobOf(`vain-${at}`, { startOn: on('file', operand) }));
    const odd = [
      jobOf('odd', { stopOn: on('file', 'FILE=/srv/a', 'EVENT=moved') }),
      jobOf('whole', { startOn: on('file', 'FILE=/srv/', 'EVENT=written') }),
    ];
    rig.setJobs([...jobs, ...odd]);
    rig.setJobs([...jobs, ...odd, jobOf('other')]);
    rig.setJobs([...odd, ...jobs]);
    expect(rig.problems.map(({ message }) => message)).toEqual([
      'job vain-0 waits for a file in vain: FILE=relative/path is not absolute',
      'job vain-1 waits for a file in vain: FILE=$HOME/x has a variable, and there is none yet when files are watched',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Upstart's own reference
      'job vain-2 waits for a file in vain: FILE=/srv/${X:-in}/a has a variable, and there is none yet when files are watched',
      'job vain-3 waits for a file in vain: FILE=/srv/*/a has a pattern before the last slash',
      'job vain-4 waits for a file in vain: its condition has no FILE=',
      'job vain-5 waits for a file in vain: its condition has no FILE=',
      'job odd waits for a file in vain: EVENT=moved never happens to a file',
      'job whole waits for a file in vain: EVENT=written never happens to a folder',
    ]);
  });
});
