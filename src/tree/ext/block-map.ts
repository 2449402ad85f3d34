import {
  DIRECT,
  EXTENT_HEADER,
  EXTENT_MAGIC,
  EXTENT_RECORD,
  type Extent,
  INODE_EXTENTS,
} from './format.ts';
import type { Inode } from './inode.ts';
import type { Volume } from './volume.ts';

/**
 * Where the first `blocks` blocks of a file are, in their order; holes are left out, and so is what
 * has room on the disk and was never written. However damaged the map is, no more of it is read than
 * one of so many blocks can have.
 */
export async function extentsOf(volume: Volume, inode: Inode, blocks: number): Promise<Extent[]> {
  const walk: Walk = { volume, blocks, next: 0, extents: [] };
  if ((inode.flags & INODE_EXTENTS) !== 0) await walkTree(walk, inode.map);
  else await walkTable(walk, inode.map);
  return walk.extents;
}

interface Walk {
  readonly volume: Volume;
  readonly blocks: number;
  /** What comes is of this block of the file or a later one: so every node leads on. */
  next: number;
  readonly extents: Extent[];
}

/** Linux has no deeper trees. */
const MOST_DEPTH = 5;
/** An extent that says it has more blocks has so many less, and none was written. */
const MOST_WRITTEN = 32_768;

/** ext4's: a tree whose leaves are the extents. */
async function walkTree(walk: Walk, node: Buffer, expected?: number): Promise<void> {
  const depth = depthOf(walk, node, expected);
  const end = EXTENT_HEADER + node.readUInt16LE(2) * EXTENT_RECORD;
  for (let at = EXTENT_HEADER; at < end; at += EXTENT_RECORD) {
    const logical = node.readUInt32LE(at);
    if (logical < walk.next) throw noMap(walk);
    walk.next = logical;
    if (logical >= walk.blocks) return;
    if (depth === 0) addRecord(walk, node, at);
    else await walkTree(walk, await walk.volume.block(number48(node, at + 4, at + 8)), depth - 1);
  }
}

function depthOf(walk: Walk, node: Buffer, expected: number | undefined): number {
  const records = node.readUInt16LE(2);
  const depth = node.readUInt16LE(6);
  const isFit =
    node.readUInt16LE(0) === EXTENT_MAGIC &&
    EXTENT_HEADER + records * EXTENT_RECORD <= node.length &&
    // Only a file without blocks has a node without records.
    (records > 0 || (expected === undefined && depth === 0)) &&
    (expected === undefined ? depth <= MOST_DEPTH : depth === expected);
  if (!isFit) throw noMap(walk);
  return depth;
}

function addRecord(walk: Walk, node: Buffer, at: number): void {
  const length = node.readUInt16LE(at + 4);
  const isWritten = length <= MOST_WRITTEN;
  const count = isWritten ? length : length - MOST_WRITTEN;
  if (count === 0) throw noMap(walk);
  if (isWritten) add(walk, { logical: walk.next, physical: number48(node, at + 8, at + 6), count });
  walk.next += count;
}

function number48(node: Buffer, low: number, high: number): number {
  return node.readUInt32LE(low) + node.readUInt16LE(high) * 2 ** 32;
}

/** ext2's and ext3's: twelve numbers of blocks, and blocks full of numbers in one, two and three steps. */
async function walkTable(walk: Walk, map: Buffer): Promise<void> {
  const perBlock = walk.volume.superblock.blockSize / 4;
  await walkNumbers(walk, map.subarray(0, 4 * DIRECT), { logical: 0, step: 1 });
  let logical = DIRECT;
  for (const [index, step] of [perBlock, perBlock ** 2, perBlock ** 3].entries()) {
    const at = 4 * (DIRECT + index);
    await walkNumbers(walk, map.subarray(at, at + 4), { logical, step });
    logical += step;
  }
}

/** Each number stands for as many blocks of the file as `step` says. */
async function walkNumbers(
  walk: Walk,
  numbers: Buffer,
  { logical, step }: { readonly logical: number; readonly step: number },
): Promise<void> {
  for (let at = 0, start = logical; at < numbers.length; at += 4, start += step) {
    if (start >= walk.blocks) return;
    const number = numbers.readUInt32LE(at);
    if (number === 0) continue;
    if (step === 1) add(walk, { logical: start, physical: number, count: 1 });
    else {
      const below = step / (walk.volume.superblock.blockSize / 4);
      await walkNumbers(walk, await walk.volume.block(number), { logical: start, step: below });
    }
  }
}

/** What follows the last one on the disk as well is one with it. */
function add({ extents, blocks }: Walk, { logical, physical, count }: Extent): void {
  const used = Math.min(count, blocks - logical);
  const last = extents.at(-1);
  const offset = logical - (last?.logical ?? 0);
  if (last !== undefined && offset === last.count && physical === last.physical + offset) {
    extents[extents.length - 1] = { ...last, count: last.count + used };
  } else extents.push({ logical, physical, count: used });
}

function noMap({ volume }: Walk) {
  return volume.damaged('the map of a file makes no sense');
}
