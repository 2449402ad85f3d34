import { EXT_MAGIC, IS_64BIT, NEEDS_RECOVERY, STATE_CLEAN, STATE_ERRORS } from './format.ts';

/** As the disk has it: whether it makes sense is for volume.ts to say. */
export interface Superblock {
  /** Why the file system must not be written to, where that is so. */
  readonly unclean?: 'errors' | 'in use';
  /** 16 bytes. */
  readonly uuid: Buffer;
  /** Sets of features, one bit each: a reader must know all of the first ones. */
  readonly incompatible: number;
  readonly readOnlyCompatible: number;
  readonly compatible: number;
  /** Bytes. */
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly descriptorSize: number;
  readonly blocks: number;
  readonly inodes: number;
  /** The block that group 0 begins with. */
  readonly firstBlock: number;
  readonly blocksPerGroup: number;
  readonly inodesPerGroup: number;
  /** With META_BG: the first block of the table of groups that is kept in its groups. */
  readonly firstMetaBlock: number;
  /** With SPARSE_SUPER2: the groups that have a copy of the superblock. */
  readonly backups: readonly number[];
}

/** As many bytes of the begin of a disk has the superblock in it. */
export const SUPERBLOCK_END = 2048;
export const SUPERBLOCK_AT = 1024;

const OLD_INODE_SIZE = 128;
const OLD_DESCRIPTOR_SIZE = 32;

/** Undefined where the disk that begins so holds no ext2, ext3 or ext4. */
export function readSuperblock(begin: Buffer): Superblock | undefined {
  if (begin.length < SUPERBLOCK_END) return undefined;
  const u16 = (at: number) => begin.readUInt16LE(SUPERBLOCK_AT + at);
  const u32 = (at: number) => begin.readUInt32LE(SUPERBLOCK_AT + at);
  if (u16(0x38) !== EXT_MAGIC) return undefined;
  const incompatible = u32(0x60);
  const has64Bit = (incompatible & IS_64BIT) !== 0;
  const unclean = uncleanness(u16(0x3a), incompatible);
  return {
    ...(unclean === undefined ? {} : { unclean }),
    uuid: Buffer.from(begin.subarray(SUPERBLOCK_AT + 0x68, SUPERBLOCK_AT + 0x78)),
    incompatible,
    readOnlyCompatible: u32(0x64),
    compatible: u32(0x5c),
    blockSize: 1024 * 2 ** u32(0x18),
    inodeSize: u32(0x4c) === 0 ? OLD_INODE_SIZE : u16(0x58),
    descriptorSize: has64Bit ? u16(0xfe) : OLD_DESCRIPTOR_SIZE,
    blocks: u32(0x04) + (has64Bit ? u32(0x150) * 2 ** 32 : 0),
    inodes: u32(0x00),
    firstBlock: u32(0x14),
    blocksPerGroup: u32(0x20),
    inodesPerGroup: u32(0x28),
    firstMetaBlock: u32(0x104),
    backups: [u32(0x24c), u32(0x250)],
  };
}

function uncleanness(state: number, incompatible: number): Superblock['unclean'] {
  if ((state & STATE_ERRORS) !== 0) return 'errors';
  return (state & STATE_CLEAN) === 0 || (incompatible & NEEDS_RECOVERY) !== 0
    ? 'in use'
    : undefined;
}
