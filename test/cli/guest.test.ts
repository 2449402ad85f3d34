import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockTree } from '../../src/tree/lock-tree.ts';
import {
  domainJob,
  type GuestRig,
  guestRig,
  pictureOf,
  STARTING,
  TEXT,
} from '../guest/guest-tree.ts';
import { apart, commandLine } from '../support/domstart.ts';

const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

function jobIn(rig: GuestRig, text = domainJob('event.d')): string {
  const file = join(rig.folder, 'job.conf');
  writeFileSync(file, text);
  return file;
}

function imageOf(rig: GuestRig): string {
  const image = join(rig.folder, 'disk.img');
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-d', rig.root, image, '16M'], { env });
  return image;
}

describe('domstart guest', () => {
  test('installs, tells of what it does, and restores', async () => {
    using rig = guestRig();
    await using cli = await commandLine();
    const job = jobIn(rig);
    const before = pictureOf(rig.root);
    const dry = await cli.run(['guest', 'install', '--dry-run', rig.root, job]);
    expect([dry.status, pictureOf(rig.root)]).toEqual([0, before]);
    const { status, stdout, stderr } = await cli.run(['guest', 'install', rig.root, job]);
    expect(status).toBe(0);
    expect(stdout).toBe(dry.stdout);
    expect(stdout).toContain('keep      rename  /etc/event.d/rc2 -> /etc/event.d/rc2.domstart~\n');
    expect(stdout).toContain('turn off  write   /etc/event.d/rc2\n');
    expect(stderr).toContain(
      'note: /etc/event.d/broken has errors, and is turned off as a whole\n',
    );
    expect(stderr).toContain(`: rc-noklus is installed; jobs that are off: ${STARTING.length}\n`);
    const again = await cli.run(['guest', 'install', rig.root, job]);
    expect([again.status, again.stdout]).toEqual([0, '']);
    expect(again.stderr).toContain('rc-noklus is installed already');
    expect((await cli.run(['guest', 'restore', rig.root])).status).toBe(0);
    expect(pictureOf(rig.root)).toEqual(before);
    const nothing = await cli.run(['guest', 'restore', rig.root]);
    expect([nothing.status, nothing.stdout]).toEqual([0, '']);
  });

  test('prints one object', async () => {
    using rig = guestRig({ rcS: 'start on startup\nexec true\n' });
    await using cli = await commandLine();
    const image = imageOf(rig);
    const { stdout } = await cli.run(['guest', 'install', '--json', image, '-'], {
      stdin: jobIn(rig),
    });
    expect(JSON.parse(stdout)).toEqual({
      root: image,
      kind: 'image',
      job: 'rc-noklus',
      init: 'event.d',
      dryRun: false,
      operations: [
        expect.objectContaining({
          kind: 'write',
          purpose: 'record',
          path: '/etc/domstart-guest.json',
        }),
        {
          kind: 'write',
          purpose: 'job',
          path: '/etc/event.d/rc-noklus',
          mode: '0644',
          content: TEXT,
        },
        {
          kind: 'rename',
          purpose: 'keep',
          path: '/etc/event.d/rcS',
          to: '/etc/event.d/rcS.domstart~',
        },
        expect.objectContaining({ kind: 'write', purpose: 'turn off', path: '/etc/event.d/rcS' }),
        expect.objectContaining({ kind: 'write', purpose: 'record' }),
      ],
      off: ['/etc/event.d/rcS'],
      notes: [],
    });
  });

  test.each([
    ['event.d', '/etc/event.d/rc-noklus'],
    ['init', '/etc/init/rc-noklus.conf'],
  ])('shows the file of %s', async (init, path) => {
    using rig = guestRig({});
    await using cli = await commandLine();
    const job = jobIn(rig, domainJob(init));
    const { status, stdout, stderr } = await cli.run(['guest', 'show', job]);
    expect([status, stdout, stderr]).toEqual([0, `==> ${path} (mode 0644) <==\n${TEXT}`, '']);
    const json = await cli.run(['guest', 'show', '--json', job]);
    const files = [{ path, mode: '0644', content: TEXT }];
    expect(JSON.parse(json.stdout)).toEqual({ init, job: 'rc-noklus', files, notes: [] });
  });

  test('shows the init of a direct guest', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['guest', 'show', '--json', 'jobs/rc-noklus.conf']);
    expect(status).toBe(0);
    const { init, files } = JSON.parse(stdout);
    expect(init).toBe('direct');
    expect(files.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['/init', '/etc/domstart/main']),
    );
  });

  test('explains what the Upstart of the guest does not know, with its place', async () => {
    using rig = guestRig();
    await using cli = await commandLine();
    const job = jobIn(rig, domainJob('event.d', 'start on startup\nsetuid nobody\nexec true\n'));
    const { status, stderr } = await cli.run(['guest', 'install', rig.root, job]);
    expect(status).toBe(65);
    expect(stderr).toContain('job.conf:5:5: error[');
  });

  test.each<[string, number, string, (rig: GuestRig) => readonly string[]]>([
    ['a missing root', 66, 'no such folder or image', (rig) => [`${rig.root}-not`, jobIn(rig)]],
    ['a missing job', 66, 'no such job file', (rig) => [rig.root, `${rig.root}-not`]],
    ['a device', 69, 'neither a folder nor an image', (rig) => ['/dev/null', jobIn(rig)]],
    ['a file', 69, 'holds no ext2', (rig) => [jobIn(rig), jobIn(rig)]],
    ['a direct guest', 65, '`guest init direct`', (rig) => [rig.root, 'jobs/rc-noklus.conf']],
    ['a job without a guest', 65, 'has no guest', (rig) => [rig.root, jobIn(rig, 'exec true\n')]],
    [
      'the other Upstart',
      66,
      'there is /etc/event.d',
      (rig) => [rig.root, jobIn(rig, domainJob('init'))],
    ],
    ['no job', 64, "missing required argument 'job'", (rig) => [rig.root]],
  ])('refuses %s with %i', async (_what, expected, why, args) => {
    using rig = guestRig();
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['guest', 'install', ...args(rig)]);
    expect([status, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(why);
  });

  test('tells of changes by hand with 1, and goes on with --force', async () => {
    using rig = guestRig();
    await using cli = await commandLine();
    await cli.run(['guest', 'install', rig.root, jobIn(rig)]);
    rig.write('etc/event.d/rcS', 'mine\n');
    const { status, stderr } = await cli.run(['guest', 'restore', rig.root]);
    expect(status).toBe(1);
    expect(stderr).toContain('since it was installed: /etc/event.d/rcS');
    expect((await cli.run(['guest', 'restore', '--force', rig.root])).status).toBe(0);
    expect(rig.read('etc/event.d/rcS.changed~')).toBe('mine\n');
  });
});

describe('no space', () => {
  /** Runs a shell script with a small file system on FOLDER/small. */
  async function onSmall(rig: GuestRig, script: string) {
    const small = join(rig.folder, 'small');
    mkdirSync(small);
    const mounting = `mount -t tmpfs -o size=256k,nr_inodes=200 none ${small} && cd ${small} && ${script}`;
    const [program = '', ...words] = [...apart('mount'), 'sh', '-ec', mounting];
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await once(child, 'close');
    return said;
  }

  test('in a folder: what was begun can be undone', async () => {
    using rig = guestRig();
    const job = jobIn(rig);
    const domstart = join(import.meta.dirname, '../../bin/domstart');
    const said = await onSmall(
      rig,
      `cp -a ${rig.root} root
       for free in 4 8 16 24 40; do
         fill=$(( $(stat -f -c %a .) * 4 - free ))
         head -c \${fill}k /dev/zero >fill
         ${domstart} guest install root ${job} > /dev/null 2>../err && status=0 || status=$?
         echo "install $status $(grep -c 'no space left' ../err)"
         ${domstart} guest restore root >/dev/null 2>&1; echo "restore $?"
         rm fill
         diff -r ${rig.root} root && echo same
       done`,
    );
    const lines = said.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('install')).slice(0, 2)).toEqual([
      'install 74 1',
      'install 74 1',
    ]);
    expect(lines.filter((line) => !line.startsWith('install'))).toEqual(
      Array.from({ length: 5 }, () => ['restore 0', 'same']).flat(),
    );
  });

  test('beside an image: it is what it was', async () => {
    using rig = guestRig();
    const job = jobIn(rig);
    const image = imageOf(rig);
    const domstart = join(import.meta.dirname, '../../bin/domstart');
    const said = await onSmall(
      rig,
      `cp --sparse=always ${image} disk.img
       head -c 1M /dev/zero >fill 2>/dev/null || true
       ${domstart} guest install disk.img ${job} 2>../err || echo $?
       cmp ${image} disk.img && ls -A`,
    );
    expect(said).toBe('74\ndisk.img\nfill\n');
    expect(readFileSync(join(rig.folder, 'err'), 'utf8')).toContain(
      'in a copy of it: make room there',
    );
  });
});

test('of two at a time one is refused', async () => {
  using rig = guestRig();
  await using cli = await commandLine();
  const job = jobIn(rig);
  await using lock = await lockTree(rig);
  const { status, stderr } = await cli.run(['guest', 'install', rig.root, job]);
  expect([status, stderr]).toEqual([74, expect.stringContaining('another domstart is at work in')]);
  await lock[Symbol.asyncDispose]();
  expect((await cli.run(['guest', 'install', rig.root, job])).status).toBe(0);
});

test('an image is what it was when domstart is killed while it is changed', async () => {
  using rig = guestRig();
  await using cli = await commandLine();
  const image = imageOf(rig);
  const job = jobIn(rig);
  const before = readFileSync(image);
  // The tool that changes the copy is a script that kills who called it.
  const tools = join(rig.folder, 'tools');
  mkdirSync(tools);
  writeFileSync(
    join(tools, 'debugfs'),
    `#!/bin/sh\ncase $1 in -w) kill -KILL $PPID ;; *) PATH=$PATH:/usr/sbin:/sbin; PATH=\${PATH#*:} exec debugfs "$@" ;; esac\n`,
  );
  chmodSync(join(tools, 'debugfs'), 0o755);
  const PATH = `${tools}:${env.PATH}`;
  const killed = await cli.run(['guest', 'install', image, job], { env: { PATH } });
  expect(killed.status).not.toBe(0);
  expect(readFileSync(image).equals(before)).toBe(true);
  expect(existsSync(join(rig.folder, '.disk.img.domstart~'))).toBe(true);
  expect((await cli.run(['guest', 'install', image, job])).status).toBe(0);
  expect((await cli.run(['guest', 'restore', image])).status).toBe(0);
  execFileSync('e2fsck', ['-fn', image], { env, stdio: 'ignore' });
  expect(readdirSync(rig.folder).sort()).toEqual(['disk.img', 'job.conf', 'root', 'tools']);
});
