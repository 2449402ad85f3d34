import {
  existsSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolder } from '../../src/host/paths.ts';
import { commandLine } from '../support/domstart.ts';
import { makeSmallRoot } from '../support/small-root.ts';

let folder: string;
let job: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-image-'));
  await makeSmallRoot(join(folder, 'root'));
  await cache('first');
  await cache('second');
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

test('what lives in memory has nothing to build', async () => {
  await using cli = await commandLine();
  const { status, stdout, stderr } = await cli.run(['image', 'build', 'jobs/rc-noklus.conf']);
  expect(stdout).toBe('');
  expect(stderr).toContain('nothing to build');
  expect(status).toBe(0);
});
