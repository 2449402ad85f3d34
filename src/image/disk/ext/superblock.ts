import {
  EXT_MAGIC,
  EXTENTS,
  FILETYPE,
  SPARSE_SUPER,
  STATE_CLEAN,
} from '../../../tree/ext/format.ts';
import { BLOCK, FIRST_INODE, type Geometry, groupAt, INODE, JOURNAL } from './geometry.ts';

export type Filesystem = 'ext3' | 'ext4';

/** What a group has left and holds. */
export interface GroupCount {
  readonly freeBlocks: number;
  readonly freeInodes: number;
  readonly folders: number;
}

export interface SuperblockFields {
  readonly filesystem: Filesystem;
  readonly geometry: Geometry;
  readonly counts: readonly GroupCount[];
  /** 16 bytes each. */
  readonly uuid: Buffer;
  readonly hashSeed: Buffer;
  /** Seconds since 1970. */
  readonly time: number;
  /** The journal's 60 bytes in its inode, and its length in bytes. */
  readonly journal: { readonly map: Buffer; readonly size: number };
}

const HAS_JOURNAL = 0x4;
const EXT_ATTR = 0x8;
const DIR_INDEX = 0x20;
const LARGE_FILE = 0x2;
const HUGE_FILE = 0x8;
const DIR_NLINK = 0x20;
const EXTRA_ISIZE = 0x40;

/**
 * ext3 is what kernels since 2.6.12 mount. ext4 is without what would make bytes depend on more
 * than content (checksums of metadata) and without tables that are filled in later.
 */
const FEATURES: Readonly<Record<Filesystem, readonly [number, number, number]>> = {
  ext3: [HAS_JOURNAL | EXT_ATTR | DIR_INDEX, FILETYPE, SPARSE_SUPER | LARGE_FILE],
  ext4: [
    HAS_JOURNAL | EXT_ATTR | DIR_INDEX,
    FILETYPE | EXTENTS,
    SPARSE_SUPER | LARGE_FILE | HUGE_FILE | DIR_NLINK | EXTRA_ISIZE,
  ],
};

const ON_ERRORS_CONTINUE = 1;
const HALF_MD4 = 1;
const SIGNED_HASH = 1;
const USER_XATTR_AND_ACL = 0xc;
/** Never checked because of how often or how long ago it was mounted. */
const NO_MOUNT_COUNT = 0xffff;

/** The 1024 bytes of the superblock, as the copy in a group has them. */
export function superblock(fields: SuperblockFields, group: number): Buffer {
  const { filesystem, geometry, counts, uuid, hashSeed, time, journal } = fields;
  const bytes = Buffer.alloc(1024);
  const put32 = (at: number, value: number) => bytes.writeUInt32LE(value, at);
  const put16 = (at: number, value: number) => bytes.writeUInt16LE(value, at);
  put32(0x00, geometry.inodesPerGroup * geometry.groups);
  put32(0x04, geometry.blocks);
  put32(0x0c, sum(counts, 'freeBlocks'));
  put32(0x10, sum(counts, 'freeInodes'));
  const log = Math.log2(BLOCK / 1024);
  put32(0x18, log);
  put32(0x1c, log);
  put32(0x20, 8 * BLOCK);
  put32(0x24, 8 * BLOCK);
  put32(0x28, geometry.inodesPerGroup);
  put32(0x30, time);
  put16(0x36, NO_MOUNT_COUNT);
  put16(0x38, EXT_MAGIC);
  put16(0x3a, STATE_CLEAN);
  put16(0x3c, ON_ERRORS_CONTINUE);
  put32(0x40, time);
  put32(0x4c, 1);
  put32(0x54, FIRST_INODE);
  put16(0x58, INODE);
  put16(0x5a, group);
  for (const [index, set] of FEATURES[filesystem].entries()) put32(0x5c + 4 * index, set);
  uuid.copy(bytes, 0x68);
  put32(0xe0, JOURNAL);
  hashSeed.copy(bytes, 0xec);
  bytes[0xfc] = HALF_MD4;
  bytes[0xfd] = 1;
  put32(0x100, USER_XATTR_AND_ACL);
  put32(0x108, time);
  journal.map.copy(bytes, 0x10c);
  put32(0x148, Math.floor(journal.size / 2 ** 32));
  put32(0x14c, journal.size % 2 ** 32);
  put16(0x15c, 32);
  put16(0x15e, 32);
  put32(0x160, SIGNED_HASH);
  return bytes;
}

/** The table of groups, in whole blocks. */
export function groupTable({ geometry, counts }: SuperblockFields): Buffer {
  const bytes = Buffer.alloc(geometry.descriptorBlocks * BLOCK);
  for (const [index, { freeBlocks, freeInodes, folders }] of counts.entries()) {
    const { blockBitmap, inodeBitmap, inodeTable } = groupAt(geometry, index);
    const at = 32 * index;
    bytes.writeUInt32LE(blockBitmap, at);
    bytes.writeUInt32LE(inodeBitmap, at + 4);
    bytes.writeUInt32LE(inodeTable, at + 8);
    bytes.writeUInt16LE(freeBlocks, at + 12);
    bytes.writeUInt16LE(freeInodes, at + 14);
    bytes.writeUInt16LE(folders, at + 16);
  }
  return bytes;
}

function sum(counts: readonly GroupCount[], key: keyof GroupCount): number {
  return counts.reduce((total, one) => total + one[key], 0);
}

/** A bitmap whose first `used` bits are set, and those behind `length`, which stand for nothing. */
export function bitmap({
  used,
  length,
}: {
  readonly used: number;
  readonly length: number;
}): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  fillBits(bytes, 0, used);
  fillBits(bytes, length, 8 * BLOCK);
  return bytes;
}

function fillBits(bytes: Buffer, from: number, to: number): void {
  for (let bit = from; bit < to; ) {
    if (bit % 8 === 0 && to - bit >= 8) {
      const whole = Math.floor((to - bit) / 8);
      bytes.fill(0xff, bit / 8, bit / 8 + whole);
      bit += 8 * whole;
    } else {
      const at = bit >> 3;
      bytes[at] = (bytes[at] ?? 0) | (1 << (bit % 8));
      bit += 1;
    }
  }
}

/** The first block of an empty journal (jbd2's superblock, big-endian). */
export function journalBlock({ uuid, geometry }: SuperblockFields): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const words = [0xc03b3998, 4, 0, BLOCK, geometry.journalBlocks, 1, 1, 0];
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word, 4 * index);
  uuid.copy(bytes, 0x30);
  bytes.writeUInt32BE(1, 0x40);
  return bytes;
}
