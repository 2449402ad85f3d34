import {
  DIRECT,
  EXTENT_HEADER,
  EXTENT_MAGIC,
  EXTENT_RECORD,
  type Extent,
  MAP_BYTES,
} from '../../../tree/ext/format.ts';
import { BLOCK } from './geometry.ts';
import type { Filesystem } from './superblock.ts';

/** What says where the blocks of a file are. */
export interface BlockMap {
  /** The 60 bytes for it in the inode. */
  readonly inode: Buffer;
  /** The blocks of the disk that the rest of it takes, and what is in them. */
  readonly blocks: readonly { readonly at: number; readonly bytes: Buffer }[];
}

/** `takeBlock` gives the number of a free block for each block that the map needs. */
export function mapBlocks(
  filesystem: Filesystem,
  extents: readonly Extent[],
  takeBlock: () => number,
): BlockMap {
  return filesystem === 'ext4' ? extentTree(extents, takeBlock) : blockTable(extents, takeBlock);
}

/** Whether the map takes no block. */
export function fitsInInode(filesystem: Filesystem, extents: readonly Extent[]): boolean {
  if (filesystem === 'ext4') return extents.length <= IN_ROOT;
  const { logical, count } = extents.at(-1) ?? { logical: 0, count: 0 };
  return logical + count <= DIRECT;
}

const IN_ROOT = (MAP_BYTES - EXTENT_HEADER) / EXTENT_RECORD;
const IN_BLOCK = Math.floor((BLOCK - EXTENT_HEADER) / EXTENT_RECORD);

/** ext4's: a tree whose leaves are the extents. */
function extentTree(extents: readonly Extent[], takeBlock: () => number): BlockMap {
  const blocks: { at: number; bytes: Buffer }[] = [];
  let level: readonly Extent[] = extents;
  let depth = 0;
  while (level.length > IN_ROOT) {
    const above: Extent[] = [];
    for (let from = 0; from < level.length; from += IN_BLOCK) {
      const part = level.slice(from, from + IN_BLOCK);
      const at = takeBlock();
      blocks.push({ at, bytes: treeNode(part, { depth, length: BLOCK }) });
      above.push({ logical: part[0]?.logical ?? 0, physical: at, count: 1 });
    }
    level = above;
    depth += 1;
  }
  return { inode: treeNode(level, { depth, length: MAP_BYTES }), blocks };
}

function treeNode(
  records: readonly Extent[],
  { depth, length }: { readonly depth: number; readonly length: number },
): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(EXTENT_MAGIC, 0);
  bytes.writeUInt16LE(records.length, 2);
  bytes.writeUInt16LE(Math.floor((length - EXTENT_HEADER) / EXTENT_RECORD), 4);
  bytes.writeUInt16LE(depth, 6);
  for (const [index, { logical, physical, count }] of records.entries()) {
    const at = EXTENT_HEADER + index * EXTENT_RECORD;
    bytes.writeUInt32LE(logical, at);
    if (depth > 0) {
      bytes.writeUInt32LE(physical, at + 4);
    } else {
      bytes.writeUInt16LE(count, at + 4);
      bytes.writeUInt32LE(physical, at + 8);
    }
  }
  return bytes;
}

const NUMBERS = BLOCK / 4;

/** ext3's: twelve numbers of blocks, and blocks full of numbers in one, two and three steps. */
function blockTable(extents: readonly Extent[], takeBlock: () => number): BlockMap {
  const inode = Buffer.alloc(MAP_BYTES);
  const blocks: { at: number; bytes: Buffer }[] = [];

  /** Fills numbers in; each stands for as many blocks of the file as `step` says. */
  const fill = (
    bytes: Buffer,
    from: number,
    { step, logical }: { step: number; logical: number },
  ) => {
    for (let at = from; at < bytes.length; at += 4) {
      const start = logical + ((at - from) / 4) * step;
      bytes.writeUInt32LE(numberFor(start, step), at);
    }
  };
  const numberFor = (start: number, step: number): number => {
    const found = firstFrom(extents, start);
    if (found === undefined || found.logical >= start + step) return 0;
    if (step === 1) return found.physical + start - found.logical;
    const bytes = Buffer.alloc(BLOCK);
    const at = takeBlock();
    fill(bytes, 0, { step: step / NUMBERS, logical: start });
    blocks.push({ at, bytes });
    return at;
  };

  fill(inode.subarray(0, 4 * DIRECT), 0, { step: 1, logical: 0 });
  let start = DIRECT;
  for (const [index, step] of [NUMBERS, NUMBERS ** 2, NUMBERS ** 3].entries()) {
    inode.writeUInt32LE(numberFor(start, step), 4 * (DIRECT + index));
    start += step;
  }
  return { inode, blocks };
}

/** The first extent that reaches beyond a block of the file. */
function firstFrom(extents: readonly Extent[], logical: number): Extent | undefined {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { logical: begin = 0, count = 0 } = extents[middle] ?? {};
    if (begin + count > logical) high = middle;
    else low = middle + 1;
  }
  return extents[low];
}
