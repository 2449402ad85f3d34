import type { Owner, TreeEntry } from '../file-tree.ts';
import { MAP_BYTES } from './format.ts';
import { descriptorBlock, type Volume } from './volume.ts';

export interface Inode {
  readonly kind: TreeEntry['kind'];
  /** Permission bits. */
  readonly mode: number;
  readonly owner: Owner;
  /** Bytes. */
  readonly size: number;
  readonly flags: number;
  /** Where its blocks are, or what a short link says. */
  readonly map: Buffer;
}

/** By the upper bits of a mode (inode(7)). */
const KINDS: Readonly<Record<number, TreeEntry['kind']>> = { 4: 'folder', 8: 'file', 10: 'link' };

const MAP_AT = 40;

export async function readInode(volume: Volume, number: number): Promise<Inode> {
  const { inodes, inodesPerGroup, inodeSize, blockSize } = volume.superblock;
  if (number < 1 || number > inodes) throw volume.damaged(`there is no inode ${number}`);
  const table = await inodeTable(volume, Math.floor((number - 1) / inodesPerGroup));
  const offset = ((number - 1) % inodesPerGroup) * inodeSize;
  const block = await volume.block(table + Math.floor(offset / blockSize));
  const at = offset % blockSize;
  return decodeInode(block.subarray(at, at + inodeSize));
}

async function inodeTable(volume: Volume, group: number): Promise<number> {
  const { superblock } = volume;
  const { descriptorSize, blockSize } = superblock;
  const block = await volume.block(descriptorBlock(superblock, group));
  const at = (group % (blockSize / descriptorSize)) * descriptorSize;
  const high = descriptorSize >= 64 ? block.readUInt32LE(at + 0x28) : 0;
  return block.readUInt32LE(at + 8) + high * 2 ** 32;
}

function decodeInode(bytes: Buffer): Inode {
  const mode = bytes.readUInt16LE(0);
  const wide = (low: number, high: number) =>
    bytes.readUInt16LE(low) + bytes.readUInt16LE(high) * 2 ** 16;
  return {
    kind: KINDS[mode >> 12] ?? 'other',
    mode: mode & 0o7777,
    owner: { uid: wide(2, 120), gid: wide(24, 122) },
    size: bytes.readUInt32LE(4) + bytes.readUInt32LE(108) * 2 ** 32,
    flags: bytes.readUInt32LE(32),
    map: bytes.subarray(MAP_AT, MAP_AT + MAP_BYTES),
  };
}
