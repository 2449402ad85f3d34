import { join } from 'node:path';

/**
 * What images are made of, each kind in its folder of the cache and there each thing in a folder
 * named by its key. The file of JSON in it, written last, says what it is and what it was made from.
 */
export type CacheKind = 'bases' | 'disks' | 'images';

/** The manifest of each kind. What makes an entry whole is that it has one. */
const MANIFESTS: Readonly<Record<CacheKind, string>> = {
  bases: 'base.json',
  disks: 'disk.json',
  images: 'image.json',
};

/** Those that others are made from come last. */
export const CACHE_KINDS: readonly CacheKind[] = ['images', 'disks', 'bases'];

export interface CacheEntryName {
  readonly kind: CacheKind;
  readonly key: string;
}

/** The part of every manifest that the store reads and writes. */
export interface StoredManifest extends CacheEntryName {
  /** What it was made from and is no use without. */
  readonly from?: CacheEntryName;
  /** ISO 8601. */
  readonly created: string;
}

export function entryFolder(cache: string, { kind, key }: CacheEntryName): string {
  return join(cache, kind, key);
}

export function manifestFile(folder: string, kind: CacheKind): string {
  return join(folder, MANIFESTS[kind]);
}

/** Its time of change is when the entry was last used. */
export function usedFile(folder: string): string {
  return join(folder, 'used');
}

/** Who uses an entry is written beside it, because an entry itself is never changed. */
export function usersFolder(cache: string, { kind, key }: CacheEntryName): string {
  return join(cache, kind, `${key}${USERS}`);
}

export function lockFile(cache: string, { kind, key }: CacheEntryName): string {
  return join(cache, 'locks', `${kind}-${key}`);
}

export function isEntryName(name: string): boolean {
  return /^[0-9a-f]{20}$/.test(name);
}

export const USERS = '.users';
