/**
 * Where things are in an ext3 or ext4 file system (Documentation/filesystems/ext4 of Linux, on-disk
 * format). Blocks have 4096 bytes and inodes 256. The disk is cut into groups of 32768 blocks; each
 * begins with a copy of the superblock and the table of groups (some groups only), its two bitmaps and
 * its part of the inodes. All the rest of it is for content.
 */

import { isSparse } from '../../../tree/ext/format.ts';

export const BLOCK = 4096;
export const INODE = 256;
export const INODES_PER_BLOCK = BLOCK / INODE;
export const JOURNAL = 8;
/** Inodes below are the file system's own; this is the one of lost+found. */
export const FIRST_INODE = 11;

const BLOCKS_PER_GROUP = 8 * BLOCK;
const MOST_INODES_PER_GROUP = 8 * BLOCK;
const DESCRIPTOR = 32;
/** A last group with less than this for content is left out. */
const LEAST_CONTENT = 50;
/** Block numbers have 32 bits. */
const MOST_BLOCKS = 2 ** 32 - 1;

export interface Geometry {
  readonly blocks: number;
  readonly groups: number;
  readonly inodesPerGroup: number;
  /** Blocks of the table of groups. */
  readonly descriptorBlocks: number;
  readonly journalBlocks: number;
}

/** A group of blocks; numbers of blocks are those of the whole disk. */
export interface Group {
  readonly first: number;
  readonly blocks: number;
  /** Whether the superblock and the table of groups are at its begin. */
  readonly hasSuperblock: boolean;
  readonly blockBitmap: number;
  readonly inodeBitmap: number;
  readonly inodeTable: number;
  /** The first block for content. */
  readonly content: number;
}

/** Undefined where no file system is so small or so large, or has room for so many inodes. */
export function geometryOf({
  size,
  inodes,
}: {
  /** Bytes. */
  readonly size: number;
  readonly inodes: number;
}): Geometry | undefined {
  const blocks = Math.floor(size / BLOCK);
  if (blocks > MOST_BLOCKS) return undefined;
  const whole = withGroups(blocks, inodes);
  if (whole === undefined) return undefined;
  const last = groupAt(whole, whole.groups - 1);
  if (last.first + last.blocks - last.content >= LEAST_CONTENT) return whole;
  return whole.groups === 1 ? undefined : withGroups(last.first, inodes);
}

function withGroups(blocks: number, inodes: number): Geometry | undefined {
  const groups = Math.ceil(blocks / BLOCKS_PER_GROUP);
  const inodesPerGroup = roundUp(Math.ceil(inodes / Math.max(groups, 1)), INODES_PER_BLOCK);
  if (groups === 0 || inodesPerGroup > MOST_INODES_PER_GROUP) return undefined;
  const descriptorBlocks = Math.ceil((groups * DESCRIPTOR) / BLOCK);
  return { blocks, groups, inodesPerGroup, descriptorBlocks, journalBlocks: journalOf(blocks) };
}

/** As mke2fs has it: 4 MiB for the smallest, 128 MiB for the largest. */
function journalOf(blocks: number): number {
  if (blocks < 2 ** 15) return 1024;
  if (blocks < 2 ** 18) return 4096;
  if (blocks < 2 ** 19) return 8192;
  return blocks < 2 ** 22 ? 16384 : 32768;
}

export function groupAt(geometry: Geometry, index: number): Group {
  const first = index * BLOCKS_PER_GROUP;
  const hasSuperblock = isSparse(index);
  const blockBitmap = first + (hasSuperblock ? 1 + geometry.descriptorBlocks : 0);
  const inodeTable = blockBitmap + 2;
  return {
    first,
    blocks: Math.min(BLOCKS_PER_GROUP, geometry.blocks - first),
    hasSuperblock,
    blockBitmap,
    inodeBitmap: blockBitmap + 1,
    inodeTable,
    content: inodeTable + geometry.inodesPerGroup / INODES_PER_BLOCK,
  };
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
