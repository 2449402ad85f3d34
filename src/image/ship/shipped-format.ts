import type { Hash } from 'node:crypto';
import type { TarEntry } from '../../archive/tar-entry.ts';

/**
 * An image as one file: a tar, packed by zstd, whose entries are, in this order,
 *
 * - `image.json`: what it is (`ShippedHead`);
 * - `disk/OFFSET`, as often as there is anything: a piece of the disk of at most 1 MiB, OFFSET being its
 *   place in 16 hexadecimal digits. Pieces that are all zero are left out;
 * - `sha256`: the digest of all that, in hexadecimal digits: name and content of each entry.
 *
 * So any tar shows and checks it, a disk of 20 GiB with 200 MiB in it takes what the 200 MiB take, and a
 * file that was cut, changed or put together by hand is recognised.
 */
export interface ShippedHead {
  readonly format: typeof FORMAT;
  readonly version: 1;
  /** Of the image's folder in the cache. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

export const FORMAT = 'domstart-image';
export const HEAD = 'image.json';
export const DIGEST = 'sha256';
export const PIECE = 2 ** 20;
/** More is no head. */
export const LONGEST_HEAD = 2 ** 20;

export function pieceName(offset: number): string {
  return `disk/${offset.toString(16).padStart(16, '0')}`;
}

/** Undefined where an entry is no piece. */
export function offsetOf({ path }: TarEntry): number | undefined {
  const digits = /^disk\/([0-9a-f]{16})$/.exec(path)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

export function digestEntry(hash: Hash, name: string, content: Uint8Array): void {
  hash.update(`${name}\0${content.length}\0`);
  hash.update(content);
}
