import { BLOCK } from './geometry.ts';

/** What a folder says of the kind of what is in it. */
export const FILE_TYPE = { file: 1, folder: 2, character: 3, block: 4, fifo: 5, link: 7 } as const;

export interface FolderEntry {
  /** One character a byte; at most 255. */
  readonly name: string;
  readonly inode: number;
  readonly type: number;
}

const HEADER = 8;

/** The blocks of a folder with these entries, `.` and `..` included, in their order. */
export function folderBlocks(entries: readonly FolderEntry[]): Buffer {
  const blocks: Buffer[] = [];
  let block = Buffer.alloc(BLOCK);
  let at = 0;
  let last = 0;
  for (const { name, inode, type } of entries) {
    const length = roundUp(HEADER + name.length);
    if (at + length > BLOCK) {
      blocks.push(block);
      block = Buffer.alloc(BLOCK);
      at = 0;
    }
    block.writeUInt32LE(inode, at);
    block[at + 6] = name.length;
    block[at + 7] = type;
    block.write(name, at + HEADER, 'latin1');
    // Each reaches to the next one, the last one to the end of the block.
    if (at > 0) block.writeUInt16LE(at - last, last + 4);
    block.writeUInt16LE(BLOCK - at, at + 4);
    last = at;
    at += length;
  }
  return Buffer.concat([...blocks, block]);
}

/** A block of a folder with room and no entries. */
export function emptyFolderBlock(): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.writeUInt16LE(BLOCK, 4);
  return block;
}

function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}
