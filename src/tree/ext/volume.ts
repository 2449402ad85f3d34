import { DomstartError } from '../../model/errors.ts';
import { hasErrors } from '../tree-error.ts';
import { unreadFeatures } from './features.ts';
import { type Extent, isSparse, META_BG, SPARSE_SUPER, SPARSE_SUPER2 } from './format.ts';
import type { ImageFile } from './image-file.ts';
import { readSuperblock, SUPERBLOCK_AT, SUPERBLOCK_END, type Superblock } from './superblock.ts';

/** Bytes of tables, folders and maps that are kept. */
const MOST_KEPT = 32 * 2 ** 20;

/** A file system in an image: its blocks. */
export class Volume {
  readonly superblock: Superblock;
  readonly #file: ImageFile;
  readonly #kept = new Map<number, Promise<Buffer>>();

  /** The superblock makes sense, and the image is as large as it says. */
  constructor(file: ImageFile, superblock: Superblock) {
    this.#file = file;
    this.superblock = superblock;
  }

  get image(): string {
    return this.#file.path;
  }

  damaged(what: string): DomstartError {
    return hasErrors(this.image, what);
  }

  /** A block of tables, folders or maps: it is kept, and must not be changed. */
  block(number: number): Promise<Buffer> {
    const kept = this.#kept.get(number);
    if (kept !== undefined) return kept;
    const { blockSize } = this.superblock;
    if (this.#kept.size * blockSize >= MOST_KEPT) this.#kept.clear();
    const reading = this.#read(number, Buffer.alloc(blockSize));
    this.#kept.set(number, reading);
    return reading;
  }

  /** Fills `bytes` from the begin of an extent. */
  async fill(bytes: Buffer, { physical }: Extent): Promise<void> {
    await this.#read(physical, bytes);
  }

  async #read(first: number, bytes: Buffer): Promise<Buffer> {
    const { blocks, blockSize } = this.superblock;
    const end = first + Math.ceil(bytes.length / blockSize);
    if (first < 1 || end > blocks) throw this.damaged(`there is no block ${first}`);
    return this.#file.read(bytes, first * blockSize);
  }
}

/** Throws `not-supported` for a file system that is not read here, `host-io` for one that has errors. */
export async function openVolume(file: ImageFile): Promise<Volume> {
  const size = await file.size();
  const begin = await file.read(Buffer.alloc(Math.min(size, SUPERBLOCK_END)), 0);
  const superblock = readSuperblock(begin);
  if (superblock === undefined || !makesSense(superblock, size)) {
    throw hasErrors(file.path, 'its superblock makes no sense');
  }
  const unread = unreadFeatures(superblock.incompatible);
  if (unread.length > 0) throw notRead(file.path, unread);
  return new Volume(file, superblock);
}

function notRead(image: string, features: readonly string[]): DomstartError {
  const message = `cannot read the file system in ${image}: it has the feature ${features.join(', ')}`;
  return new DomstartError('not-supported', message, {
    hint: 'mount it, and name the folder; or make it without (mke2fs -O)',
  });
}

const LEAST_INODE = 128;
const LEAST_DESCRIPTOR = 32;
const MOST_BLOCK = 65_536;

function makesSense(superblock: Superblock, size: number): boolean {
  const { blocks, blockSize, firstBlock, inodes, inodesPerGroup } = superblock;
  if (blockSize > MOST_BLOCK || firstBlock > 1 || blocks * blockSize > size) return false;
  const fits = (bytes: number, least: number) =>
    bytes >= least && bytes <= blockSize && Number.isInteger(Math.log2(bytes));
  return (
    fits(superblock.inodeSize, LEAST_INODE) &&
    fits(superblock.descriptorSize, LEAST_DESCRIPTOR) &&
    superblock.blocksPerGroup > 0 &&
    inodesPerGroup > 0 &&
    inodesPerGroup <= 8 * blockSize &&
    inodes <= groupsOf(superblock) * inodesPerGroup
  );
}

function groupsOf({ blocks, firstBlock, blocksPerGroup }: Superblock): number {
  return Math.ceil((blocks - firstBlock) / blocksPerGroup);
}

/** The block that has an entry of the table of groups. */
export function descriptorBlock(superblock: Superblock, group: number): number {
  const { blockSize, descriptorSize, firstBlock, blocksPerGroup } = superblock;
  const perBlock = blockSize / descriptorSize;
  const index = Math.floor(group / perBlock);
  const isTogether = (superblock.incompatible & META_BG) === 0 || index < superblock.firstMetaBlock;
  // Behind the superblock, which with clusters and blocks of 1 KiB is not in the first block of its group.
  if (isTogether || index === 0) return Math.floor(SUPERBLOCK_AT / blockSize) + 1 + index;
  const first = index * perBlock;
  return firstBlock + first * blocksPerGroup + (hasSuperblock(superblock, first) ? 1 : 0);
}

function hasSuperblock(superblock: Superblock, group: number): boolean {
  if (group === 0) return true;
  if ((superblock.compatible & SPARSE_SUPER2) !== 0) return superblock.backups.includes(group);
  return (superblock.readOnlyCompatible & SPARSE_SUPER) === 0 || isSparse(group);
}
