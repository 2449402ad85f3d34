import { DomstartError } from '../../model/errors.ts';
import { extentsOf } from './block-map.ts';
import { INODE_EXTENTS, MAP_BYTES } from './format.ts';
import type { Inode } from './inode.ts';
import type { Volume } from './volume.ts';

/** Large enough for any file of a guest that is read; dpkg's own list has some MiB. */
const MOST_READ = 256 * 2 ** 20;

/** Holes are zero bytes. Throws `not-supported` where it is too large for memory. */
export async function readContent(volume: Volume, inode: Inode): Promise<Buffer> {
  const { size } = inode;
  const { blockSize } = volume.superblock;
  if (size > MOST_READ) {
    throw new DomstartError(
      'not-supported',
      `cannot read a file of ${size} bytes in ${volume.image}: no more than ${MOST_READ} are read`,
    );
  }
  const bytes = Buffer.alloc(size);
  for (const extent of await extentsOf(volume, inode, Math.ceil(size / blockSize))) {
    const from = extent.logical * blockSize;
    const to = from + extent.count * blockSize;
    await volume.fill(bytes.subarray(from, to), extent);
  }
  return bytes;
}

/** What a symbolic link says: a short target is in the inode itself. */
export async function readTarget(volume: Volume, inode: Inode): Promise<string> {
  const { size, map, flags } = inode;
  const isShort = size < MAP_BYTES && (flags & INODE_EXTENTS) === 0;
  const bytes = isShort ? map.subarray(0, size) : await longTarget(volume, inode);
  if (size === 0 || bytes.includes(0)) throw volume.damaged('a link says nothing');
  return bytes.toString('utf8');
}

async function longTarget(volume: Volume, inode: Inode): Promise<Buffer> {
  if (inode.size > volume.superblock.blockSize) throw volume.damaged('a link is too long');
  return readContent(volume, inode);
}
