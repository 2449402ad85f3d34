import { expect, test } from 'vitest';
import { extentsOf } from '../../src/tree/ext/block-map.ts';
import { INODE_EXTENTS } from '../../src/tree/ext/format.ts';
import type { Inode } from '../../src/tree/ext/inode.ts';
import { Volume } from '../../src/tree/ext/volume.ts';

const BLOCK = 1024;

/** A volume whose blocks are what `blockAt` says; `read` counts them. */
function volumeOf(blockAt: (number: number) => Buffer) {
  const count = { read: 0 };
  const volume = Object.create(Volume.prototype, {
    superblock: { value: { blockSize: BLOCK } },
    image: { value: 'disk.img' },
    block: {
      value: async (number: number) => {
        count.read += 1;
        return blockAt(number);
      },
    },
  }) as Volume;
  return { volume, count };
}

const inode = (map: Buffer, flags: number): Inode => ({
  kind: 'file',
  mode: 0,
  owner: { uid: 0, gid: 0 },
  size: 0,
  flags,
  map,
});

/** A node of a tree of extents: each record is of one block, or of the node in block `physical`. */
function node(
  length: number,
  depth: number,
  records: readonly (readonly [logical: number, physical: number])[],
): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(0xf30a, 0);
  bytes.writeUInt16LE(records.length, 2);
  bytes.writeUInt16LE(depth, 6);
  for (const [index, [logical, physical]] of records.entries()) {
    const at = 12 + 12 * index;
    bytes.writeUInt32LE(logical, at);
    if (depth > 0) bytes.writeUInt32LE(physical, at + 4);
    else {
      bytes.writeUInt16LE(1, at + 4);
      bytes.writeUInt32LE(physical, at + 8);
    }
  }
  return bytes;
}

test('holes are left out, what follows on the disk is one, what is beyond the end is not read', async () => {
  const leaf = node(60, 0, [
    [0, 7],
    [1, 8],
    [5, 20],
    [9, 30],
  ]);
  const { volume, count } = volumeOf(() => leaf);
  expect(await extentsOf(volume, inode(leaf, INODE_EXTENTS), 9)).toEqual([
    { logical: 0, physical: 7, count: 2 },
    { logical: 5, physical: 20, count: 1 },
  ]);
  expect(count.read).toBe(0);
});

const same = (logical: number) =>
  Array.from({ length: 84 }, (_, index) => [logical, 10 + index] as const);

test.each<[string, (depth: number) => Buffer]>([
  ['a node that is below itself', () => node(BLOCK, 4, same(0))],
  ['a tree that is deeper than Linux has them', () => node(BLOCK, 9, same(0))],
  ['nodes without records', (depth) => node(BLOCK, depth, [])],
  ['leaves that all begin with the same block', (depth) => node(BLOCK, depth, same(0))],
])('%s is an error, and soon', async (_name, below) => {
  let depth = 5;
  const { volume, count } = volumeOf(() => {
    depth -= 1;
    return below(depth);
  });
  const root = node(60, 5, same(0).slice(0, 4));
  await expect(extentsOf(volume, inode(root, INODE_EXTENTS), 1000)).rejects.toMatchObject({
    code: 'host-io',
    message: expect.stringContaining('has errors'),
  });
  expect(count.read).toBeLessThan(10);
});

test('nodes that have nothing but what is beyond the end are read once', async () => {
  const { volume, count } = volumeOf((number) => {
    const depth = number % 10;
    return node(BLOCK, depth, depth === 0 ? same(1000) : same(0).map(() => [0, depth - 1]));
  });
  const root = node(
    60,
    5,
    same(0)
      .slice(0, 4)
      .map(() => [0, 4] as const),
  );
  expect(await extentsOf(volume, inode(root, INODE_EXTENTS), 1000).catch(String)).toMatch(
    'has errors',
  );
  expect(count.read).toBeLessThan(10);
});

test('a table of numbers that leads to itself is read as far as the file goes', async () => {
  const { volume, count } = volumeOf(() => Buffer.alloc(BLOCK, 9));
  const blocks = 12 + 256 + 256 ** 2 + 1000;
  const extents = await extentsOf(volume, inode(Buffer.alloc(60, 9), 0), blocks);
  expect(extents).toHaveLength(blocks);
  expect(count.read).toBeLessThan(2 + 1 + 256 + 10);
});
