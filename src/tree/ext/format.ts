/**
 * What readers and writers of ext2, ext3 and ext4 share (Documentation/filesystems/ext4 of Linux,
 * on-disk format). All numbers on the disk are little-endian.
 */

export const EXT_MAGIC = 0xef53;
export const STATE_CLEAN = 1;
export const STATE_ERRORS = 2;

/** The root folder's inode. */
export const ROOT_INODE = 2;

/** Features that change where things are. */
export const FILETYPE = 0x2;
export const NEEDS_RECOVERY = 0x4;
export const META_BG = 0x10;
export const EXTENTS = 0x40;
export const IS_64BIT = 0x80;
export const SPARSE_SUPER = 0x1;
export const SPARSE_SUPER2 = 0x200;

/** Of an inode: its map is a tree of extents. */
export const INODE_EXTENTS = 0x80000;
/** An inode has so many bytes for the map of its blocks, or for a short link's target. */
export const MAP_BYTES = 60;

/** Blocks of a file that follow each other in it and on the disk; what no extent has is a hole. */
export interface Extent {
  /** Of the first one: its number in the file, and on the disk. */
  readonly logical: number;
  readonly physical: number;
  readonly count: number;
}

export const EXTENT_MAGIC = 0xf30a;
/** Bytes of the header of a node of the tree, and of each of its records. */
export const EXTENT_HEADER = 12;
export const EXTENT_RECORD = 12;

/** Blocks of which the number is in the inode itself, where the map is no tree. */
export const DIRECT = 12;

/** With SPARSE_SUPER only groups 0, 1 and the powers of 3, 5 and 7 begin with a copy of the superblock. */
export function isSparse(group: number): boolean {
  if (group < 2) return true;
  return [3, 5, 7].some((base) => {
    let power = base;
    while (power < group) power *= base;
    return power === group;
  });
}
