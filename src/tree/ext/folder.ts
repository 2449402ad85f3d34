import { DomstartError } from '../../model/errors.ts';
import { extentsOf } from './block-map.ts';
import type { Inode } from './inode.ts';
import type { Volume } from './volume.ts';

/** Bytes; half a million names. */
const MOST_READ = 16 * 2 ** 20;

/**
 * The names in a folder, `.` and `..` left out, and their inodes. Where it has an index of hashes, that
 * is in blocks which look empty to whoever does not know of it.
 */
export async function readFolder(volume: Volume, inode: Inode): Promise<Map<string, number>> {
  const { blockSize } = volume.superblock;
  const blocks = inode.size / blockSize;
  if (inode.kind !== 'folder' || !Number.isInteger(blocks) || blocks === 0) {
    throw volume.damaged('what should be a folder is none');
  }
  if (inode.size > MOST_READ) {
    throw new DomstartError('not-supported', `a folder in ${volume.image} has too many names`);
  }
  const names = new Map<string, number>();
  let found = 0;
  for (const { physical, count } of await extentsOf(volume, inode, blocks)) {
    found += count;
    for (let block = physical; block < physical + count; block += 1) {
      addNames(volume, names, await volume.block(block));
    }
  }
  if (found !== blocks) throw volume.damaged('a folder has a hole');
  return names;
}

const HEADER = 8;

function addNames(volume: Volume, names: Map<string, number>, block: Buffer): void {
  for (let at = 0; at < block.length; ) {
    if (at + HEADER > block.length) throw noFolder(volume);
    const length = lengthOf(block, at);
    const name = block.subarray(at + HEADER, at + HEADER + block.readUInt8(at + 6));
    if (length % 4 !== 0 || length < HEADER + name.length || at + length > block.length) {
      throw noFolder(volume);
    }
    const inode = block.readUInt32LE(at);
    if (inode !== 0) addName(volume, names, { name, inode });
    at += length;
  }
}

/** The length of the largest blocks does not fit in sixteen bits. */
function lengthOf(block: Buffer, at: number): number {
  const length = block.readUInt16LE(at + 4);
  if (block.length < 65_536) return length;
  return length === 65_535 || length === 0 ? block.length : length;
}

const SLASH = 0x2f;

function addName(
  volume: Volume,
  names: Map<string, number>,
  { name, inode }: { readonly name: Buffer; readonly inode: number },
): void {
  if (name.length === 0 || name.includes(0) || name.includes(SLASH)) throw noFolder(volume);
  const text = name.toString('utf8');
  if (text !== '.' && text !== '..' && !names.has(text)) names.set(text, inode);
}

function noFolder(volume: Volume): DomstartError {
  return volume.damaged('the names in a folder make no sense');
}
