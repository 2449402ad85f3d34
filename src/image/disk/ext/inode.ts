import { INODE_EXTENTS, MAP_BYTES } from '../../../tree/ext/format.ts';
import { INODE_FIELDS } from './attributes.ts';
import { BLOCK, INODE } from './geometry.ts';
import type { Filesystem } from './superblock.ts';

export interface InodeFields {
  /** With the bits of its type. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  /** Bytes. */
  readonly size: number;
  /** All blocks of the disk that it takes. */
  readonly blocks: number;
  /** Seconds since 1970: of the content, and of all else. */
  readonly mtime: number;
  readonly time: number;
  /** 60 bytes: where its blocks are, what a short link says, or which device it is. */
  readonly data: Buffer;
  /** Whether `data` is a map of blocks. */
  readonly mapped: boolean;
  readonly attributes?: Buffer;
  readonly attributeBlock?: number;
}

export function encodeInode(filesystem: Filesystem, fields: InodeFields): Buffer {
  const { mode, uid, gid, links, size, mtime, time, data, mapped } = fields;
  const bytes = Buffer.alloc(INODE);
  const put32 = (at: number, value: number) => bytes.writeUInt32LE(value, at);
  const put16 = (at: number, value: number) => bytes.writeUInt16LE(value, at);
  put16(0, mode);
  put16(2, uid % 2 ** 16);
  put32(4, size % 2 ** 32);
  put32(8, low(time));
  put32(12, low(time));
  put32(16, low(mtime));
  put16(24, gid % 2 ** 16);
  put16(26, links);
  // In units of 512 bytes.
  const sectors = fields.blocks * (BLOCK / 512);
  put32(28, sectors % 2 ** 32);
  put32(32, mapped && filesystem === 'ext4' ? INODE_EXTENTS : 0);
  data.copy(bytes, 40);
  put32(104, fields.attributeBlock ?? 0);
  put32(108, Math.floor(size / 2 ** 32));
  put16(116, Math.floor(sectors / 2 ** 32));
  put16(120, Math.floor(uid / 2 ** 16));
  put16(122, Math.floor(gid / 2 ** 16));
  put16(128, INODE_FIELDS - 128);
  put32(132, beyond(time));
  put32(136, beyond(mtime));
  put32(140, beyond(time));
  put32(144, low(time));
  put32(148, beyond(time));
  fields.attributes?.copy(bytes, INODE_FIELDS);
  return bytes;
}

/** A time has 32 bits with a sign, and two more where ext4 found room for them. */
function low(time: number): number {
  return Number(BigInt.asUintN(32, BigInt(time)));
}

function beyond(time: number): number {
  return Math.floor((time + 2 ** 31) / 2 ** 32) & 3;
}

/** A device's number, in the old form where it fits (ext4's new_encode_dev otherwise). */
export function deviceData({ major, minor }: { readonly major: number; readonly minor: number }) {
  const data = Buffer.alloc(MAP_BYTES);
  if (major < 256 && minor < 256) data.writeUInt32LE((major << 8) | minor, 0);
  else data.writeUInt32LE(((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0, 4);
  return data;
}
