import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { joinPath } from '../../src/tree/file-tree.ts';
import { openTree } from '../../src/tree/open-tree.ts';
import { diskRig } from '../image/disk/disk-rig.ts';
import {
  byName,
  debugfs,
  fsck,
  listByDebugfs,
  makeRoot,
  PIECES,
  SPARSE,
  scratchFolder,
  tool,
  walk,
} from './ext-rig.ts';

vi.setConfig({ testTimeout: 120_000 });

const { signal } = new AbortController();
const scratch = scratchFolder();
const root = join(scratch.folder, 'root');
const image = join(scratch.folder, 'disk.img');
beforeAll(() => makeRoot(root, { names: 300 }));
afterAll(() => scratch[Symbol.dispose]());

function make(...options: readonly string[]): void {
  rmSync(image, { force: true });
  tool('mke2fs', '-q', '-F', '-N', '2048', ...options, '-d', root, image, '64M');
}

/** Everything in an image, compared with what debugfs says of it and with the root it was made from. */
async function compare(at: string, source: string): Promise<void> {
  const tree = await openTree(at, signal);
  const folders = ['/'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = (await tree.list(folder)).toSorted(byName);
    expect(entries).toEqual(listByDebugfs(at, folder, { root: source }));
    for (const entry of entries.slice(0, 50)) {
      const path = joinPath(folder, entry.name);
      expect(await tree.lookUp(path)).toEqual(entry);
      if (entry.kind === 'folder') folders.push(path);
      // Nobody can be told a name that is no text.
      if (entry.kind !== 'file' || entry.name.includes('\ufffd')) continue;
      expect((await tree.read(path)).equals(readFileSync(join(source, path)))).toBe(true);
    }
  }
}

const INDEXED = /Flags: 0x[0-9a-f]*1000$/m;
const blocksOf = (size: number) => ['-b', String(size)];

describe.each<[string, readonly string[]]>([
  ['ext2 of 1 KiB', ['-t', 'ext2', ...blocksOf(1024)]],
  ['ext2 of 4 KiB, no index', ['-t', 'ext2', ...blocksOf(4096), '-O', '^dir_index']],
  ['ext2 of revision 0', ['-t', 'ext2', ...blocksOf(1024), '-r', '0', '-O', 'none']],
  ['ext2, small inodes', ['-t', 'ext2', ...blocksOf(2048), '-I', '128']],
  ['ext3 of 1 KiB', ['-t', 'ext3', ...blocksOf(1024)]],
  ['ext3 of 4 KiB', ['-t', 'ext3', ...blocksOf(4096)]],
  ['ext4 of 1 KiB', ['-t', 'ext4', ...blocksOf(1024)]],
  ['ext4 of 4 KiB, 64 bits', ['-t', 'ext4', ...blocksOf(4096), '-O', '64bit,metadata_csum']],
  ['ext4 of 4 KiB, 32 bits', ['-t', 'ext4', ...blocksOf(4096), '-O', '^64bit,^metadata_csum']],
  ['ext4 of 64 KiB', ['-t', 'ext4', ...blocksOf(65_536)]],
  [
    'ext4, clusters',
    ['-t', 'ext4', '-N', '1024', ...blocksOf(1024), '-O', 'bigalloc', '-C', '8192'],
  ],
  ['ext4, names of any case', ['-t', 'ext4', '-O', 'casefold']],
  ['ext4, table in its groups', metaGroups('ext4', '64bit')],
  ['ext3, table in its groups', metaGroups('ext3', '^64bit')],
])('an image of %s is read as debugfs reads it', (_name, options) => {
  test('as mke2fs made it', async () => {
    make(...options);
    await compare(image, root);
  });

  test('with its folders in order again', async () => {
    fsck(image, '-fyD');
    await compare(image, root);
    fsck(image, '-fn');
  });
});

function metaGroups(type: string, feature: string): string[] {
  return ['-t', type, ...blocksOf(1024), '-g', '1024', '-O', `meta_bg,^resize_inode,${feature}`];
}

test('what is compared is what is hard to read', async () => {
  make('-t', 'ext4', ...blocksOf(1024));
  expect(debugfs(image, `dump_extents ${PIECES}`).toString()).toContain(' 2/ 2 ');
  const tree = await openTree(image, signal);
  for (const path of [SPARSE, PIECES]) {
    expect((await tree.read(path)).equals(debugfs(image, `cat ${path}`))).toBe(true);
  }
  make('-t', 'ext3', ...blocksOf(1024));
  expect(debugfs(image, `stat ${SPARSE}`).toString()).toContain('(TIND)');
  expect(debugfs(image, 'stat /links/61').toString()).not.toContain('Fast link');
});

test('what was given room and never written is zero bytes', async () => {
  make('-t', 'ext4', ...blocksOf(1024));
  const file = '/files/short';
  for (const request of [`fallocate ${file} 1 40`, `set_inode_field ${file} size 20000`]) {
    tool('debugfs', '-w', '-R', request, image);
  }
  expect(debugfs(image, `dump_extents ${file}`).toString()).toContain('Uninit');
  const tree = await openTree(image, signal);
  expect((await tree.read(file)).equals(debugfs(image, `cat ${file}`))).toBe(true);
});

test.each([
  ['ext3', 300],
  ['ext4', 10_000],
] as const)('an image of our own of %s, %d names in a folder', async (filesystem, names) => {
  using rig = diskRig();
  const own = join(rig.folder, 'root');
  await makeRoot(own, { names });
  tool('tar', '-C', own, '-cf', rig.tar, '.');
  await rig.make({ filesystem });
  await compare(rig.image, own);
  const flags = () => debugfs(rig.image, 'stat /many').toString();
  expect(flags()).not.toMatch(INDEXED);
  fsck(rig.image, '-fyD');
  expect(flags()).toMatch(INDEXED);
  expect(await (await openTree(rig.image, signal)).list('/many')).toHaveLength(names);
  await compare(rig.image, own);
});

test('what is not there is undefined; what is no file is not read', async () => {
  make('-t', 'ext4');
  const tree = await openTree(image, signal);
  for (const path of ['/nowhere', '/nowhere/x', '/files/short/x', '/links/text/x']) {
    expect(await tree.lookUp(path)).toBeUndefined();
  }
  for (const path of ['/nowhere', '/files', '/links/1']) {
    await expect(tree.read(path)).rejects.toMatchObject({ code: 'host-io' });
  }
  await expect(tree.list('/files/short')).rejects.toMatchObject({ code: 'host-io' });
});

test('a change is seen, and no file stays open', async () => {
  make('-t', 'ext4');
  const isOpen = () => openFiles().includes(image);
  const tree = await openTree(image, signal);
  const path = '/files/new';
  expect(await tree.lookUp(path)).toBeUndefined();
  const owner = { uid: 0, gid: 0 };
  const content = Buffer.from('new');
  await tree.apply(
    [{ kind: 'write', purpose: 'system', path, content, mode: 0o600, owner }],
    signal,
  );
  expect((await tree.read(path)).toString()).toBe('new');
  const looking = Promise.all((await walk(tree, 30)).map((one) => tree.lookUp(one)));
  expect((await Promise.all([looking, tree.read(SPARSE)]))[0]).toHaveLength(30);
  expect(isOpen()).toBe(false);
});

function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return [];
    }
  });
}

describe('is refused', () => {
  test.each(['inline_data', 'encrypt'])('the feature %s, by its name', async (feature) => {
    make('-t', 'ext4', '-O', feature);
    const tree = await openTree(image, signal);
    await expect(tree.lookUp('/files')).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining(feature),
    });
  });

  test('a feature that nobody knows', async () => {
    make('-t', 'ext4');
    await overwrite(1024 + 0x62, [0x40]);
    const tree = await openTree(image, signal);
    await expect(tree.lookUp('/files')).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('0x400000'),
    });
  });

  test.each<[string, () => Promise<void> | void]>([
    ['an image that was cut off', () => truncateSync(image, statSync(image).size - 4096)],
    ['blocks of two TiB', () => overwrite(1024 + 0x18, [31])],
    ['inodes of no size', () => overwrite(1024 + 0x58, [0, 0])],
    ['groups without blocks', () => overwrite(1024 + 0x20, [0, 0, 0, 0])],
  ])('%s', async (_name, spoil) => {
    make('-t', 'ext4', ...blocksOf(4096));
    await spoil();
    const tree = await openTree(image, signal);
    await expect(tree.lookUp('/files/short')).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringContaining('has errors'),
      hint: expect.stringContaining('e2fsck -f '),
    });
  });

  test('what is too large for memory', async () => {
    make('-t', 'ext4');
    tool('debugfs', '-w', '-R', 'set_inode_field /files/short size 0x10000000000', image);
    const tree = await openTree(image, signal);
    await expect(tree.read('/files/short')).rejects.toMatchObject({ code: 'not-supported' });
  });

  async function overwrite(at: number, bytes: readonly number[]): Promise<void> {
    await using file = await open(image, 'r+');
    await file.write(Uint8Array.from(bytes), 0, bytes.length, at);
  }
});

test('a reading that is stopped', async () => {
  make('-t', 'ext4');
  const stop = new AbortController();
  const tree = await openTree(image, stop.signal);
  stop.abort();
  await expect(tree.lookUp('/files')).rejects.toMatchObject({ code: 'cancelled' });
});
