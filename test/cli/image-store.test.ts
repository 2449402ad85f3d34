import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CacheEntryName, entryFolder, usedFile } from '../../src/image/store/kinds.ts';
import { type Obtained, obtain } from '../../src/image/store/obtain.ts';
import { commandLine } from '../support/domstart.ts';

// What is in the cache is made up here: the commands only look at it, and remove it.

const BASE = { kind: 'bases', key: 'aa00000000000000000b' } as const;
const DISK = { kind: 'disks', key: 'aa0000000000000000d1' } as const;
const IMAGE = { kind: 'images', key: 'bb000000000000000001' } as const;
const DAY = 86_400_000;
const packages = [
  { name: 'adduser', version: '3.134', architecture: 'all' },
  { name: 'apt', version: '2.6.2', architecture: 'amd64' },
];

let cache: string;
beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'domstart-store-'));
  await make(BASE, { source: { kind: 'debootstrap', suite: 'bookworm' }, packages });
  await make(DISK, { description: 'debootstrap bookworm, 64 MiB of ext4', size: 5 }, BASE);
  const base = { key: BASE.key, date: '2026-11-20T00:00:00.000Z', packages };
  await make(IMAGE, { description: 'debootstrap bookworm, 64 MiB of ext4', recipe: 'r', base });
});
afterEach(() => rmSync(cache, { recursive: true }));

async function make(name: CacheEntryName, said: object, from?: CacheEntryName): Promise<void> {
  (await use(name, said, from))[Symbol.dispose]();
}

function use(name: CacheEntryName, said = {}, from?: CacheEntryName): Promise<Obtained<object>> {
  return obtain<object>({
    ...{ ...name, cache, what: 'a test', ...(from === undefined ? {} : { from }) },
    ...{ signal: new AbortController().signal, onProgress: () => {} },
    async make(folder) {
      writeFileSync(join(folder, 'content'), Buffer.alloc(100_000, 1));
      return said;
    },
  });
}

function lastUsed(name: CacheEntryName, daysAgo: number): void {
  const time = new Date(Date.now() - daysAgo * DAY);
  utimesSync(usedFile(entryFolder(cache, name)), time, time);
}

async function image(...args: readonly string[]) {
  await using cli = await commandLine();
  return await cli.run(['image', ...args], { env: { DOMSTART_CACHE: cache } });
}

const there = () =>
  (['bases', 'disks', 'images'] as const).flatMap((kind) =>
    readdirSync(join(cache, kind)).filter((name) => !name.endsWith('.users')),
  );

describe('image list', () => {
  test('has what was used last first, and the sum of it', async () => {
    lastUsed(DISK, 3);
    lastUsed(BASE, 9);
    using _used = await use(IMAGE);
    const { status, stdout, stderr } = await image('list');
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^KIND +KEY +SIZE +USED \(UTC\) +IN USE +WHAT$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([
      ['image', 'bb00000000'],
      ['disk', 'aa00000000'],
      ['base', 'aa00000000'],
    ]);
    expect(rows[0]).toMatch(/ by 1 +debootstrap bookworm, 64 MiB of ext4$/);
    expect(rows[2]).toMatch(/ debootstrap bookworm, 2 packages$/);
    expect(stderr).toMatch(/^3 in .*, \d+K of 20G$/m);
    expect(status).toBe(0);
  });

  test('of nothing is nothing', async () => {
    for (const kind of ['bases', 'disks', 'images']) rmSync(join(cache, kind), { recursive: true });
    expect(await image('list')).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('image show', () => {
  test('has the packages, what it was made from, and who uses it', async () => {
    using _used = await use(IMAGE);
    const { stdout } = await image('show', 'bb');
    expect(stdout).toMatch(new RegExp(`^base +${BASE.key}$`, 'm'));
    expect(stdout).toMatch(/^archives of +2026-11-20T/m);
    expect(stdout).toMatch(new RegExp(`^in use by +process ${process.pid}$`, 'm'));
    expect(stdout).toMatch(/^packages +2\n {2}adduser 3\.134\n {2}apt 2\.6\.2$/m);
    const base = await image('show', BASE.key);
    expect(base.stdout).toMatch(new RegExp(`^needed by +disk ${DISK.key}$`, 'm'));
    expect(base.stdout).not.toContain('in use by');
    expect((await image('show', DISK.key)).stdout).toContain(`base ${BASE.key}`);
    const json = JSON.parse((await image('show', '--json', BASE.key)).stdout);
    expect(json).toMatchObject({
      ...{ ...BASE, uses: 0, users: [], needed: [DISK] },
      manifest: { packages },
    });
  });

  test.each([
    ['aa', /^domstart: 2 keys begin with aa: .*aa00000000000000000b/m],
    ['ffff', /^domstart: nothing in the cache has a key that begins with ffff/m],
    ['job.conf', /^domstart: .*job\.conf/m],
  ])('%s: says what is wrong', async (key, message) => {
    const { status, stdout, stderr } = await image('show', key);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 66, stdout: '' });
  });

  test('of a job file whose name could be a key takes the file', async () => {
    await using cli = await commandLine();
    const folder = join(cache, 'work');
    mkdirSync(folder);
    writeFileSync(join(folder, 'bb'), 'exec true\n');
    const options = { cwd: folder, env: { DOMSTART_CACHE: cache } };
    const { status, stderr } = await cli.run(['image', 'show', 'bb'], options);
    expect(stderr).toContain('bb has no job with a domain');
    expect(status).toBe(64);
  });
});

describe('image prune', () => {
  const whys = (stdout: string) =>
    Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ kind, removed, why }) => [kind, removed || why]),
    );

  test('removes what is old, and says why the rest stays', async () => {
    for (const one of [BASE, IMAGE]) lastUsed(one, 40);
    const dry = await image('prune', '--dry-run', '--json');
    expect(whys(dry.stdout)).toEqual({ bases: 'needed', disks: 'recent', images: true });
    expect(there()).toHaveLength(3);
    const { status, stdout, stderr } = await image('prune');
    expect(stdout).toMatch(
      /^image bb000000000000000001 {2}\d+K {2}not used for 40 days {2}debootstrap bookworm/,
    );
    expect(stderr).toContain(`base ${BASE.key} stays: disk ${DISK.key} was made from it\n`);
    expect(stderr).toContain(`disk ${DISK.key} stays: it was used since\n`);
    expect(stderr).toMatch(/1 removed, \d+K; 2 stay/);
    expect({ status, there: there() }).toEqual({ status: 0, there: [BASE.key, DISK.key] });
  });

  test('takes other ages and sizes, and leaves what is in use', async () => {
    lastUsed(DISK, 2);
    expect((await image('prune', '--older-than', '3d', '--json')).stdout).not.toContain('true');
    const small = await image('prune', '--all', '--larger-than', '1M', '--json');
    expect(new Set(Object.values(whys(small.stdout)))).toEqual(new Set(['small']));
    using _used = await use(DISK);
    const { stdout, stderr } = await image('prune', '--all', '--json');
    expect(whys(stdout)).toEqual({ images: true, disks: 'used', bases: 'needed' });
    expect(stderr).toMatch(/1 removed/);
    expect(there()).toEqual([BASE.key, DISK.key]);
  });

  test.each([
    [['--older-than', 'soon'], 'soon'],
    [['--larger-than', 'big'], 'big'],
    [['--all', '--older-than', '3d'], 'cannot be used with'],
  ])('%j is wrong usage', async (args, what) => {
    const { status, stderr } = await image('prune', ...args);
    expect(stderr).toContain(what);
    expect({ status, there: there().length }).toEqual({ status: 64, there: 3 });
  });
});
