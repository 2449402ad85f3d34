import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJobs } from '../../src/embed/read-jobs.ts';
import { installGuest, restoreGuest } from '../../src/guest/install.ts';
import { sameJob } from '../../src/language/same-job.ts';
import { directoryTree } from '../../src/tree/directory-tree.ts';
import type { FileTree, Operation } from '../../src/tree/file-tree.ts';
import { EVENT_D, guestOf, guestRig, pictureOf, STARTING, TEXT } from './guest-tree.ts';

const { signal } = new AbortController();
const GENTLY = { force: false, dryRun: false, signal };
const FORCE = { ...GENTLY, force: true };

const install = (root: string, guest = guestOf(), options = GENTLY) =>
  installGuest(directoryTree(root), guest, options);
const restore = (root: string, options = GENTLY) => restoreGuest(directoryTree(root), options);

const INIT: Readonly<Record<string, string>> = {
  'mountall.conf': 'start on startup\ntask\nexec true\n',
  'tty1.conf': 'start on (stopped rc\n  and runlevel [2345])\nrespawn\nexec true\n',
  'tty1.override': 'env A=1\n',
  'ssh.conf': 'start on filesystem\nexec true\n',
  'ssh.override': 'manual\n',
  'net/if.conf': 'start on net-up\ninstance $IFACE\nexec true\n',
  'idle.conf': 'exec true\n',
  'broken.conf': 'start on startup\nbogus\n',
  README: 'start on startup\n',
  'lone.override': 'start on startup\n',
};

/** The events that start each job of a folder. */
async function starters(folder: string): Promise<Record<string, unknown>> {
  const files = await readJobs(folder);
  return Object.fromEntries(
    files.flatMap(({ name, job }) => {
      const startOn = job?.startOn;
      if (startOn === undefined) return [];
      return [[name, startOn.kind === 'match' ? startOn.event : startOn.kind]];
    }),
  );
}

describe('event.d', () => {
  test('has one job that starts, and gets back what it had to the byte', async () => {
    using rig = guestRig();
    const before = pictureOf(rig.root);
    const { off, notes } = await install(rig.root);
    expect(off).toEqual(STARTING.map((name) => `/etc/event.d/${name}`));
    expect(notes).toEqual(['/etc/event.d/broken has errors, and is turned off as a whole']);

    const folder = join(rig.root, 'etc/event.d');
    const off0 = STARTING.filter((name) => name !== 'broken').map((name) => [
      name,
      'domstart-never',
    ]);
    expect(await starters(folder)).toEqual({ ...Object.fromEntries(off0), 'rc-noklus': 'startup' });
    const [installed] = await readJobs(join(folder, 'rc-noklus'));
    expect(installed?.diagnostics).toEqual([]);
    expect(installed?.job && sameJob(installed.job, guestOf().job)).toBe(true);
    expect(rig.read('etc/event.d/rc-noklus')).toBe(TEXT);
    for (const name of ['.hidden', 'tty2~', 'rc2.dpkg-old', 'sulogin']) {
      expect(rig.read(`etc/event.d/${name}`)).toBe(EVENT_D[name]);
    }

    await restore(rig.root);
    expect(pictureOf(rig.root)).toEqual(before);
    expect((await restore(rig.root)).operations).toEqual([]);
  });

  test('twice is once', async () => {
    using rig = guestRig();
    await install(rig.root);
    const once = pictureOf(rig.root);
    expect((await install(rig.root)).operations).toEqual([]);
    expect(pictureOf(rig.root)).toEqual(once);
  });

  test('a dry run writes nothing and tells the same', async () => {
    using rig = guestRig();
    const before = pictureOf(rig.root);
    const { operations } = await install(rig.root, guestOf(), { ...GENTLY, dryRun: true });
    expect(pictureOf(rig.root)).toEqual(before);
    expect((await install(rig.root)).operations).toEqual(operations);
    const installed = pictureOf(rig.root);
    expect((await restore(rig.root, { ...GENTLY, dryRun: true })).operations).not.toEqual([]);
    expect(pictureOf(rig.root)).toEqual(installed);
  });

  test('a job of the same name, file or folder, is kept', async () => {
    using rig = guestRig({ 'rc-noklus': 'start on startup\nexec old\n' });
    using folders = guestRig({ 'rc-noklus/one': 'start on startup\nexec old\n' });
    for (const { root, read } of [rig, folders]) {
      const before = pictureOf(root);
      await install(root);
      expect(read('etc/event.d/rc-noklus')).toBe(TEXT);
      expect(await starters(join(root, 'etc/event.d'))).toEqual({ 'rc-noklus': 'startup' });
      await restore(root);
      expect(pictureOf(root)).toEqual(before);
    }
  });

  test('a name that is taken is left alone', async () => {
    using rig = guestRig({ a: 'start on startup\nexec a\n', 'a.domstart~': 'mine' });
    const before = pictureOf(rig.root);
    await install(rig.root);
    expect(rig.read('etc/event.d/a.domstart~')).toBe('mine');
    await restore(rig.root);
    expect(pictureOf(rig.root)).toEqual(before);
  });

  test('new files belong to whom the folder does; others keep their modes', async () => {
    using rig = guestRig({});
    rig.write('etc/event.d/secret', 'start on startup\nexec a\n', 0o600);
    await install(rig.root);
    expect(lstatSync(join(rig.root, 'etc/event.d/secret')).mode & 0o7777).toBe(0o600);
    const folder = lstatSync(join(rig.root, 'etc/event.d'));
    const job = lstatSync(join(rig.root, 'etc/event.d/rc-noklus'));
    expect([job.uid, job.gid, job.mode & 0o7777]).toEqual([folder.uid, folder.gid, 0o644]);
  });

  test('another job takes the place of the first one, also of new jobs there', async () => {
    using rig = guestRig({ ...EVENT_D, two: 'start on startup\nexec own\n' });
    const before = pictureOf(rig.root);
    await install(rig.root);
    rig.write('etc/event.d/new', 'start on startup\nexec new\n');
    await install(rig.root, guestOf('start on startup\nexec two\n', { name: 'two' }));
    const started = Object.entries(await starters(join(rig.root, 'etc/event.d')));
    expect(started.filter(([, event]) => event !== 'domstart-never')).toEqual([['two', 'startup']]);
    expect(existsSync(join(rig.root, 'etc/event.d/rc-noklus'))).toBe(false);
    await restore(rig.root);
    rmSync(join(rig.root, 'etc/event.d/new'));
    expect(pictureOf(rig.root)).toEqual(before);
  });

  test('a job that would wait for ever is told', async () => {
    using rig = guestRig({});
    const { notes } = await install(rig.root, guestOf('start on runlevel 2\nexec a\n'));
    expect(notes).toEqual([expect.stringContaining('rc-noklus waits for runlevel, which nobody')]);
  });
});

describe('init', () => {
  const guest = guestOf('start on startup\nexec true\n', { init: 'init' });

  test('overrides turn the others off, and go again', async () => {
    using rig = guestRig({ ...INIT, 'rc-noklus.override': 'manual\n' }, 'etc/init');
    const before = pictureOf(rig.root);
    const { off } = await install(rig.root, guest);
    const jobs = ['broken', 'mountall', 'net/if', 'tty1'].map((name) => `/etc/init/${name}.conf`);
    expect(off).toEqual(jobs);
    expect(await starters(join(rig.root, 'etc/init'))).toEqual({ 'rc-noklus': 'startup' });
    expect(rig.read('etc/init/tty1.override')).toMatch(/^env A=1\n.*\nmanual\n$/);
    expect((await install(rig.root, guest)).operations).toEqual([]);
    await restore(rig.root);
    expect(pictureOf(rig.root)).toEqual(before);
  });

  test('an Upstart without overrides is refused', async () => {
    using rig = guestRig(INIT, 'etc/init');
    const status = 'Package: upstart\nStatus: install ok installed\nVersion: 0.6.5-8\n\n';
    rig.write('var/lib/dpkg/status', `Package: a\nVersion: 1\n\n${status}`);
    await expect(install(rig.root, guest)).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('Upstart 0.6.5: it knows no overrides'),
    });
  });
});

describe('links', () => {
  test('to jobs are jobs; to folders, their jobs; to nothing, perhaps one later', async () => {
    using rig = guestRig({});
    rig.write('usr/jobs/far', 'start on startup\nexec far\n');
    rig.write('usr/job', 'start on startup\nexec near\n');
    rig.link('etc/event.d/absolute', '/usr/job');
    rig.link('etc/event.d/relative', '../../usr/job');
    rig.link('etc/event.d/folder', '/usr/jobs');
    rig.link('etc/event.d/dangling', '/nowhere');
    const before = pictureOf(rig.root);
    await install(rig.root);
    expect(rig.read('etc/event.d/absolute')).toContain('start on domstart-never\nexec near\n');
    expect(rig.read('etc/event.d/relative')).toContain('start on domstart-never\nexec near\n');
    for (const name of ['folder', 'dangling']) {
      expect(Object.keys(pictureOf(rig.root))).not.toContain(`etc/event.d/${name}`);
    }
    expect(rig.read('usr/job')).toBe('start on startup\nexec near\n');
    await restore(rig.root);
    expect(pictureOf(rig.root)).toEqual(before);
  });

  test('of folders are followed inside, as the guest does', async () => {
    using rig = guestRig({}, 'lib/jobs');
    mkdirSync(join(rig.root, 'etc'));
    rig.link('etc/event.d', '/lib/jobs');
    rig.write('lib/jobs/a', 'start on startup\nexec a\n');
    const before = pictureOf(rig.root);
    await install(rig.root);
    expect(rig.read('lib/jobs/rc-noklus')).toBe(TEXT);
    await restore(rig.root);
    expect(pictureOf(rig.root)).toEqual(before);
  });

  test.each([
    ['etc/event.d', '../../outside', 'etc'],
    ['etc', '../outside', ''],
    ['etc/event.d/job', '../../../outside/event.d/a', 'etc/event.d'],
  ])('%s -> %s leads out and is refused', async (path, target, folder) => {
    using rig = guestRig({}, folder);
    const outside = join(rig.folder, 'outside');
    mkdirSync(join(outside, 'event.d'), { recursive: true });
    writeFileSync(join(outside, 'event.d/a'), 'start on startup\nexec a\n');
    const before = pictureOf(outside);
    rig.link(path, target);
    await expect(install(rig.root)).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringContaining('leads out of'),
    });
    expect(pictureOf(outside)).toEqual(before);
  });

  test('a folder that becomes one between the look and the deed leads nobody out', async () => {
    using rig = guestRig({});
    const outside = join(rig.folder, 'outside');
    mkdirSync(outside);
    const tree = directoryTree(rig.root);
    rmSync(join(rig.root, 'etc/event.d'), { recursive: true });
    rig.link('etc/event.d', outside);
    const content = Buffer.from('x');
    const owner = { uid: 0, gid: 0 };
    const path = '/etc/event.d/a';
    const write: Operation = { kind: 'write', purpose: 'job', path, content, mode: 0o644, owner };
    await expect(tree.apply([write], signal)).rejects.toMatchObject({ code: 'host-io' });
    expect(pictureOf(outside)).toEqual({});
  });
});

describe('what was changed by hand', () => {
  test('is told, and with force kept beside', async () => {
    using rig = guestRig();
    const before = pictureOf(rig.root);
    await install(rig.root);
    writeFileSync(join(rig.root, 'etc/event.d/rc2'), 'mine\n');
    writeFileSync(join(rig.root, 'etc/event.d/rc-noklus'), 'mine too\n');
    const changed = pictureOf(rig.root);
    const told = {
      code: 'guest-changed',
      message: expect.stringMatching(/rc-noklus, \/etc\/event.d\/rc2$/),
    };
    await expect(restore(rig.root)).rejects.toMatchObject(told);
    await expect(install(rig.root)).rejects.toMatchObject(told);
    expect(pictureOf(rig.root)).toEqual(changed);
    const { notes } = await restore(rig.root, FORCE);
    expect(notes).toContain(
      '/etc/event.d/rc2 was changed by hand: it is /etc/event.d/rc2.changed~ now',
    );
    const {
      'etc/event.d/rc2.changed~': rc2,
      'etc/event.d/rc-noklus.changed~': job,
      ...after
    } = pictureOf(rig.root);
    expect([rc2, job]).toEqual([expect.stringMatching(/mine\n$/), expect.stringMatching(/too\n$/)]);
    expect(after).toEqual(before);
  });

  test('an original put back by hand is none', async () => {
    using rig = guestRig();
    const before = pictureOf(rig.root);
    await install(rig.root);
    writeFileSync(join(rig.root, 'etc/event.d/rc2'), rig.read('etc/event.d/rc2.domstart~'));
    await restore(rig.root);
    expect(pictureOf(rig.root)).toEqual(before);
  });

  test('an original that is gone is told, and with force done without', async () => {
    using rig = guestRig();
    await install(rig.root);
    rmSync(join(rig.root, 'etc/event.d/rc2.domstart~'));
    const gone = {
      code: 'guest-changed',
      message: expect.stringMatching(/gone .* \/etc\/event.d\/rc2$/),
    };
    await expect(restore(rig.root)).rejects.toMatchObject(gone);
    expect((await install(rig.root)).notes).toContain(
      'the original of /etc/event.d/rc2 is gone, and cannot be restored',
    );
    await restore(rig.root, FORCE);
    expect(rig.read('etc/event.d/rc2')).toContain('domstart-never');
    expect(rig.read('etc/event.d/rcS')).toBe(EVENT_D['rcS']);
    expect((await restore(rig.root)).operations).toEqual([]);
  });

  test('an original that was edited where it is kept comes back as it is', async () => {
    using rig = guestRig();
    await install(rig.root);
    writeFileSync(join(rig.root, 'etc/event.d/rc2.domstart~'), 'edited\n');
    const { notes } = await restore(rig.root);
    expect(notes).toEqual(['the original of /etc/event.d/rc2 was changed where it was kept']);
    expect(rig.read('etc/event.d/rc2')).toBe('edited\n');
  });
});

/** Does so many operations and then none: as if it had been killed between two. */
function stopAfter(tree: FileTree, count: number): FileTree {
  return {
    ...tree,
    async apply(operations, until) {
      await tree.apply(operations.slice(0, count), until);
      if (operations.length > count) throw new Error('stopped');
    },
  };
}

describe('interrupted at any operation', () => {
  const jobs = { a: 'start on startup\nexec a\n', 'rc-noklus': 'exec old\n', b: 'start on x\n' };

  test('an install is ended, or undone', async () => {
    for (const then of ['install', 'restore'] as const) {
      for (let count = 0; ; count += 1) {
        using rig = guestRig(jobs);
        using whole = guestRig(jobs);
        const before = pictureOf(rig.root);
        const stopped = await installGuest(
          stopAfter(directoryTree(rig.root), count),
          guestOf(),
          GENTLY,
        )
          .then(() => false)
          .catch((error) => error.message === 'stopped');
        rig.write('etc/event.d/.domstart-new~', 'half');
        if (then === 'install') {
          await install(rig.root);
          await install(whole.root);
          expect(withoutTimes(rig.root)).toEqual(withoutTimes(whole.root));
        }
        await restore(rig.root);
        rmSync(join(rig.root, 'etc/event.d/.domstart-new~'), { force: true });
        expect(pictureOf(rig.root)).toEqual(before);
        if (!stopped) {
          expect(count).toBe(8);
          break;
        }
      }
    }
  });

  test('a change to another job is ended, or undone', async () => {
    const two = guestOf('start on startup\nexec two\n', { name: 'b' });
    for (let count = 0; ; count += 1) {
      using rig = guestRig(jobs);
      const before = pictureOf(rig.root);
      await install(rig.root);
      const stopped = await installGuest(stopAfter(directoryTree(rig.root), count), two, GENTLY)
        .then(() => false)
        .catch((error) => error.message === 'stopped');
      if (count % 2 === 0) await install(rig.root, two);
      await restore(rig.root);
      expect(pictureOf(rig.root)).toEqual(before);
      if (!stopped) break;
    }
  });

  test('a restore is ended, or the install done again', async () => {
    for (let count = 0; ; count += 1) {
      using rig = guestRig(jobs);
      const before = pictureOf(rig.root);
      await install(rig.root);
      const stopped = await restoreGuest(stopAfter(directoryTree(rig.root), count), GENTLY)
        .then(() => false)
        .catch((error) => error.message === 'stopped');
      if (count % 2 === 0) await install(rig.root);
      await restore(rig.root);
      expect(pictureOf(rig.root)).toEqual(before);
      if (!stopped) break;
    }
  });

  test('by SIGKILL', async () => {
    const script = resolve(import.meta.dirname, 'fixtures/killed-install.ts');
    for (const count of [0, 1, 3, 5]) {
      using rig = guestRig(jobs);
      const before = pictureOf(rig.root);
      const child = spawn(process.execPath, [script, rig.root, String(count)], {
        stdio: 'inherit',
      });
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      await restore(rig.root);
      expect(pictureOf(rig.root)).toEqual(before);
    }
  });
});

function withoutTimes(root: string): Record<string, string> {
  const texts = Object.entries(pictureOf(root)).map(([name, text]) => [
    name,
    text.replace(/ \d{15,} /, ' '),
  ]);
  return Object.fromEntries(texts);
}

describe('refuses', () => {
  test.each<[string, string, string]>([
    ['/etc/init', 'etc/init/a.conf', 'there is /etc/init'],
    ['systemd', 'lib/systemd/systemd', 'its init is systemd'],
    ['/etc alone', 'etc/passwd', 'no init of a known kind'],
    ['nothing of the kind', 'home/x', 'there is home'],
  ])('a root with %s', async (_what, path, why) => {
    using rig = guestRig({}, '.');
    rig.write(path, '');
    await expect(install(rig.root)).rejects.toMatchObject({
      code: 'file-missing',
      message: expect.stringMatching(new RegExp(`no folder /etc/event.d in .*${why}`)),
    });
  });

  test('a direct guest, and one whose file would be taken for a leftover', async () => {
    using rig = guestRig();
    const guest = guestOf();
    await expect(install(rig.root, { ...guest, init: 'direct' })).rejects.toMatchObject({
      code: 'job-invalid',
    });
    const leftover = guestOf(TEXT, { name: 'a.bak' });
    await expect(install(rig.root, leftover)).rejects.toMatchObject({ code: 'job-invalid' });
  });

  test('a record that points elsewhere', async () => {
    using rig = guestRig();
    await install(rig.root);
    const record = JSON.parse(rig.read('etc/domstart-guest.json'));
    const entries = [{ path: '/etc/passwd', written: ['nothing'] }];
    for (const wrong of [{ ...record, entries }, { ...record, version: 9 }, 'x', null]) {
      rig.write('etc/domstart-guest.json', JSON.stringify(wrong));
      await expect(restore(rig.root)).rejects.toMatchObject({
        code: 'host-io',
        message: expect.stringContaining('cannot use the record'),
      });
    }
  });

  test.skipIf(process.getuid?.() === 0)('what it may not read', async () => {
    using rig = guestRig();
    chmodSync(join(rig.root, 'etc/event.d/rc2'), 0);
    const before = Object.keys(pictureOfNames(rig.root));
    await expect(install(rig.root)).rejects.toMatchObject({ code: 'host-io' });
    expect(Object.keys(pictureOfNames(rig.root))).toEqual(before);
  });
});

function pictureOfNames(root: string): Record<string, true> {
  const list = execFileSync('find', [root], { encoding: 'utf8' }).split('\n').sort();
  return Object.fromEntries(list.map((name) => [name, true]));
}
