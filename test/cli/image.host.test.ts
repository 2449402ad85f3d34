import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { apart, commandLine, startProgram } from '../support/domstart.ts';
import { makeSmallRoot } from '../support/small-root.ts';

let folder: string;
let job: string;
/** Of a root that needs no program of its own. */
let tar: string;
let piped: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-image-'));
  await makeSmallRoot(join(folder, 'root'));
  await cache('first');
  await cache('second');
  await cache('memory');
  tar = join(folder, 'plain.tar');
  makePlainRoot(join(folder, 'plain'), tar);
  piped = join(folder, 'piped.conf');
  writeFileSync(
    piped,
    `env NAME=one\nimage from tar plain.tar\nimage size 32M\nimage hostname $NAME\nguest init direct\nguest one\n    exec true\nend guest\n`,
  );
  await cache('third');
  job = join(folder, 'job.conf');
  writeFileSync(
    job,
    `env NAME=dom0
image from directory ${join(folder, 'root')}
image size 64M
image hosts 10.0.2.2 $NAME
guest init direct
guest one
    exec true
end guest
`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A cache of its own, with the tools of the shared one. */
async function cache(name: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  symlinkSync(join(cacheFolder(), 'packages'), join(folder, name, 'packages'));
}

/** What is in it cannot be packed. */
function makePlainRoot(root: string, file: string): void {
  mkdirSync(join(root, 'etc'), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(root, 'noise'), randomBytes(1_000_000));
  execFileSync('tar', ['-C', root, '-cf', file, '.']);
}

const DOMSTART = resolve('bin/domstart');

/** Runs a line of a shell, for what is behind the command's standard output. */
function shell(script: string, name: string) {
  return startProgram('sh', ['-c', script], {
    cwd: folder,
    env: { ...process.env, ...inCache(name).env, DOMSTART, NO_COLOR: '1' },
  }).finished;
}

const inCache = (name: string) => ({ env: { DOMSTART_CACHE: join(folder, name) } });

interface Listed {
  readonly kind: string;
  readonly key: string;
  readonly bytes: number;
  readonly uses: number;
}

function linesOf<T>(stdout: string): T[] {
  return stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

test('an image is built once, listed, shown, shipped and pruned', async () => {
  await using cli = await commandLine();
  const first = await cli.run(['image', 'build', job, '--json'], inCache('first'));
  expect(first.status).toBe(0);
  const built = JSON.parse(first.stdout);
  expect(built).toMatchObject({ job: 'job', format: 'raw', cached: false });
  expect(existsSync(built.disk)).toBe(true);

  const again = await cli.run(['image', 'build', job], inCache('first'));
  expect(again.stdout).toBe(`${built.disk}\n`);
  expect(again.stderr).toMatch(/: is there$/m);
  const other = await cli.run(['image', 'build', job, 'NAME=dom1', '--json'], inCache('first'));
  expect(JSON.parse(other.stdout).key).not.toBe(built.key);

  const listed = linesOf<Listed>(
    (await cli.run(['image', 'list', '--json'], inCache('first'))).stdout,
  );
  expect(listed.map(({ kind }) => kind).sort()).toEqual(['bases', 'disks', 'images', 'images']);
  expect(listed.every(({ bytes, uses }) => bytes > 0 && uses === 0)).toBe(true);
  const table = await cli.run(['image', 'list'], inCache('first'));
  expect(table.stdout.split('\n')[0]).toMatch(/^KIND +KEY +SIZE +USED/);
  expect(table.stdout).toContain(built.key.slice(0, 10));

  const shown = await cli.run(['image', 'show', built.key.slice(0, 9)], inCache('first'));
  expect(shown.stdout).toMatch(new RegExp(`^key +${built.key}$`, 'm'));

  const file = join(folder, 'job.image');
  expect((await cli.run(['image', 'export', job, file], inCache('first'))).status).toBe(0);
  const raw = join(folder, 'raw.img');
  const { status } = await cli.run(['image', 'export', '--raw', built.key, raw], inCache('first'));
  expect(status).toBe(0);
  expect(readFileSync(raw).equals(readFileSync(built.disk))).toBe(true);

  const imported = await cli.run(['image', 'import', file, '--json'], inCache('second'));
  expect(JSON.parse(imported.stdout)).toEqual({ key: built.key, cached: false });
  // On that host there is no base, and nothing that it could be made from.
  await rm(join(folder, 'root'), { recursive: true });
  await mkdir(join(folder, 'root'));
  const there = await cli.run(['image', 'list', '--json'], inCache('second'));
  expect(linesOf<Listed>(there.stdout).map(({ kind }) => kind)).toEqual(['images']);

  const dry = await cli.run(['image', 'prune', '--all', '-n', '--json'], inCache('first'));
  expect(linesOf(dry.stdout)).toHaveLength(4);
  expect((await cli.run(['image', 'prune'], inCache('first'))).stderr).toMatch(/0 removed.*4 stay/);
  const pruned = await cli.run(['image', 'prune', '--all'], inCache('first'));
  expect(pruned.stderr).toMatch(/4 removed, .*; 0 stay/);
  expect(existsSync(built.disk)).toBe(false);
});

test('a damaged file is not taken in', async () => {
  await using cli = await commandLine();
  const file = join(folder, 'job.image');
  truncateSync(file, 2000);
  const { status, stderr } = await cli.run(['image', 'import', file], inCache('third'));
  expect(stderr).toMatch(/^domstart: .*job\.image/m);
  expect(status).toBe(65);
  const piped = await cli.run(['image', 'import', '-'], { ...inCache('third'), stdin: file });
  expect(piped.stderr).toMatch(/^domstart: cannot import standard input: /m);
  expect(piped.status).toBe(65);
});

test.each([
  [['image', 'build', '/no/such.conf'], 66, 'such.conf'],
  [['image', 'show', 'ffff'], 66, 'ffff'],
  [['image', 'export', 'ffff', '/tmp/x'], 66, 'ffff'],
  [['image', 'import', '/no/such.image'], 66, 'such.image'],
  [['image', 'prune', '--older-than', 'soon'], 64, 'soon'],
  [['image', 'prune', '--larger-than', 'big'], 64, 'big'],
])('%j says what is wrong', async (args, status, what) => {
  await using cli = await commandLine();
  const end = await cli.run(args, inCache('second'));
  expect(end.stderr).toContain(what);
  expect(end.stderr).not.toContain('defect');
  expect(end.status).toBe(status);
});

test.each([
  [
    'image from tar noise.xz',
    /^domstart: cannot read \S+\/noise\.xz: .*\n +hint: it must be a tar/m,
    65,
  ],
  [
    'image from disk plain.tar',
    /plain\.tar.*is no disk, but a tar archive\n.*`image from tar`/m,
    65,
  ],
  [
    'image from tar plain.tar\nguest init event.d',
    /no folder \/etc\/event\.d in the image of tar \S+\/plain\.tar/,
    66,
  ],
])('what %j has is no image, and is named as it was', async (stanza, what, status) => {
  await using cli = await commandLine();
  writeFileSync(join(folder, 'noise.xz'), randomBytes(5000));
  const file = join(folder, 'no-image.conf');
  writeFileSync(file, `${stanza}\nguest one\n    exec true\nend guest\n`);
  const end = await cli.run(['image', 'build', file], inCache('first'));
  expect(end.stderr).toMatch(what);
  expect(end.status).toBe(status);
});

test('of what lives in memory the part is made that all runs share', async () => {
  await using cli = await commandLine();
  const build = ['image', 'build', 'jobs/rc-noklus.conf', '--json'];
  const first = await cli.run(build, inCache('memory'));
  const built = JSON.parse(first.stdout);
  expect(built).toMatchObject({ job: 'rc-noklus', kind: 'memory', cached: false });
  expect(statSync(built.disk).size).toBeGreaterThan(500_000);
  const again = await cli.run(build, inCache('memory'));
  expect(JSON.parse(again.stdout)).toMatchObject({ disk: built.disk, cached: true });
  const { status, stderr } = await cli.run(
    ['image', 'export', 'jobs/rc-noklus.conf', '/tmp/no'],
    inCache('memory'),
  );
  expect(stderr).toContain('has no image of its own');
  expect(status).toBe(69);
});

test('a host without QEMU, kernel and busybox builds what needs none of them', async () => {
  await using cli = await commandLine();
  const file = join(folder, 'plain.conf');
  const text = (init: string) =>
    `start on startup\nimage from tar ${tar}\nimage size 32M\nguest init ${init}\nguest one\n    exec true\nend guest\n`;
  writeFileSync(file, text('direct'));
  expect((await cli.run(['run', file], inCache('bare'))).status).toBe(69);
  const built = await cli.run(['image', 'build', file, '--json'], inCache('bare'));
  expect(JSON.parse(built.stdout)).toMatchObject({ made: ['bases', 'disks', 'images'] });
  writeFileSync(file, text('init'));
  const { status, stderr } = await cli.run(['image', 'build', file], inCache('bare'));
  expect(stderr).toMatch(/this host lacks .*kernel/);
  expect(status).toBe(69);
});

test('an image goes through a pipe; show of its job tells of it', async () => {
  await using cli = await commandLine();
  const none = await cli.run(['image', 'show', piped], inCache('from'));
  expect(none.stderr).toContain(`domstart image build ${piped}`);
  expect(none.status).toBe(66);
  const built = await cli.run(['image', 'build', piped, 'NAME=two', '--json'], inCache('from'));
  const { key, base } = JSON.parse(built.stdout);
  expect(base.key).toMatch(/^[0-9a-f]{20}$/);

  const file = join(folder, 'piped.image');
  const sent = await shell(`"$DOMSTART" image export ${piped} - NAME=two > ${file}`, 'from');
  expect(sent.status).toBe(0);
  const taken = await cli.run(['image', 'import', '-', '--json'], {
    ...inCache('to'),
    stdin: file,
  });
  expect(JSON.parse(taken.stdout)).toEqual({ key, cached: false });
  expect(readdirSync(join(folder, 'to/tmp'))).toEqual([]);
  const shown = await cli.run(['image', 'show', piped, 'NAME=two', '--json'], inCache('to'));
  expect(JSON.parse(shown.stdout)).toMatchObject({ key, manifest: { imported: true } });
  expect((await cli.run(['image', 'show', piped], inCache('to'))).status).toBe(66);
});

test('nobody reads the image, or there is no room for it', async () => {
  await using cli = await commandLine();
  const built = await cli.run(['image', 'build', piped, '--json'], inCache('from'));
  const { key } = JSON.parse(built.stdout);
  // What cannot be packed is more than a pipe takes.
  const left = await shell(
    `{ "$DOMSTART" image export --raw ${key} -; echo $? >&2; } | true`,
    'from',
  );
  expect(left.stderr).toMatch(/^141$/m);
  const full = await shell(`"$DOMSTART" image export ${key} - > /dev/full`, 'from');
  expect(full.stderr).toMatch(/no space|ENOSPC/);
  expect(full.status).toBe(74);
  const file = join(folder, 'kept.image');
  writeFileSync(file, 'what was there');
  const closed = await cli.run(['image', 'export', 'ffff', file], inCache('from'));
  expect([closed.status, readFileSync(file, 'utf8')]).toEqual([66, 'what was there']);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('an import that is ended by %s leaves nothing', async (signal, status) => {
  await using cli = await commandLine();
  const fifo = join(folder, `fifo-${signal}`);
  execFileSync('mkfifo', [fifo]);
  const writer = openSync(fifo, 'r+');
  try {
    const started = cli.start(['image', 'import', '-'], { ...inCache('ended'), stdin: fifo });
    await started.said('reading standard input');
    started.child.kill(signal);
    expect((await started.finished).status).toBe(status);
  } finally {
    closeSync(writer);
  }
  expect(readdirSync(join(folder, 'ended/tmp'))).toEqual([]);
  expect(existsSync(join(folder, 'ended/images'))).toBe(false);
});

test('an import for which there is no room leaves nothing', async (context) => {
  await using cli = await commandLine();
  const { key } = JSON.parse(
    (await cli.run(['image', 'build', piped, '--json'], inCache('from'))).stdout,
  );
  const file = join(folder, 'large.image');
  await cli.run(['image', 'export', key, file], inCache('from'));
  const small = join(folder, 'small');
  await mkdir(small);
  const mount = `mount -t tmpfs -o size=256k tmpfs ${small}`;
  const [command = '', ...words] = [...apart('mount'), 'sh', '-c'];
  const started = (script: string) =>
    startProgram(command, [...words, script], {
      cwd: folder,
      env: { ...process.env, DOMSTART, DOMSTART_CACHE: small, NO_COLOR: '1' },
    }).finished;
  if ((await started(mount)).status !== 0) context.skip('nothing can be mounted here');
  const { status, stdout, stderr } = await started(
    `${mount}; "$DOMSTART" image import ${file}; echo "$?"; find ${small}/tmp ${small}/images -name '*.img'`,
  );
  expect(stderr).toContain('no space left');
  expect({ status, stdout }).toEqual({ status: 0, stdout: '74\n' });
});
