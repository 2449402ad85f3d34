import { join } from 'node:path';
import type { ImageSource } from '../model/domain.ts';
import type { ImageWish } from '../ports/images.ts';
import type { BaseNote } from './base-note.ts';
import { cacheKey } from './cache-key.ts';
import type { Edits } from './edits.ts';
import { recipeOf, type Wanted } from './origin.ts';
import type { CacheKind } from './store/kinds.ts';
import type { Obtained } from './store/obtain.ts';

/** An image that runs share: nobody writes to it, and nobody removes it before it is released. */
export interface SharedImage {
  /** In the cache; absent where it is a file of its own. */
  readonly key?: string;
  /** The file of the disk. */
  readonly disk: string;
  readonly format: 'raw' | 'qcow2';
  /** Bytes, as the guest sees it. */
  readonly size: number;
  readonly cached: boolean;
  /** What this call has made of it, in order. */
  readonly made: readonly CacheKind[];
  /** For people: `debootstrap bookworm, 1024 MiB of ext4`. */
  readonly description: string;
  /** What it was made from; absent where it was made from an image. */
  readonly base?: BaseNote;
  /** May be called more than once. */
  release(): void;
}

/** What the manifests of disks and images say. */
export interface DiskManifest {
  /** Seconds since 1970: of what is in it. */
  readonly time: number;
  /** Of its file system. */
  readonly uuid: string;
  /** Bytes, holes included. */
  readonly size: number;
  readonly description: string;
}

export interface ImageManifest extends DiskManifest {
  /** Of the job's stanzas: images of the same sources and edits have the same on every host. */
  readonly recipe: string;
  readonly base?: BaseNote;
  /** Another host has made it. */
  readonly imported?: true;
  /** Where it was not made by writing its blocks. */
  readonly method?: 'mount';
}

/** To be raised when the code, and not its inputs, changes what comes out. */
const LAYOUT = 1;

/** The file of a disk in its folder. */
export const DISK = 'disk.img';

/** What was asked for, whatever the archives have now and whatever this host's sources are. */
export function recipeKey(request: ImageWish, wanted: Wanted, edits: Edits): string {
  return cacheKey([LAYOUT, recipeOf(wanted), diskOf(request), edits.key]);
}

/** Of the disk that is made of a base. */
export function diskKey(base: string, request: ImageWish): string {
  const { filesystem, size } = diskOf(request);
  return cacheKey([LAYOUT, base, filesystem, size ?? null]);
}

/** Of the image that is made of a base: from its disk, or by a mount. */
export function imageKey(
  base: string,
  request: ImageWish,
  { edits, method }: { readonly edits: Edits; readonly method?: 'mount' },
): string {
  const inputs = [LAYOUT, diskKey(base, request), edits.key];
  return cacheKey(method === undefined ? inputs : [...inputs, method]);
}

export function diskOf({ domain }: ImageWish) {
  const { filesystem = 'ext4', size } = domain.image;
  return { filesystem, ...(size === undefined ? {} : { size }) } as const;
}

export function sharedImage(
  image: Obtained<DiskManifest & Pick<ImageManifest, 'base'>>,
  { before }: { readonly before: readonly CacheKind[] },
): SharedImage {
  const { base } = image.manifest;
  const made = image.cached ? before : [...before, 'images' as const];
  return {
    key: image.manifest.key,
    disk: join(image.folder, DISK),
    format: 'raw',
    size: image.manifest.size,
    ...{ cached: made.length === 0, made },
    description: image.manifest.description,
    ...(base === undefined ? {} : { base }),
    release: () => image[Symbol.dispose](),
  };
}

export function describeSource(source: ImageSource): string {
  switch (source.kind) {
    case 'busybox':
      return source.kind;
    case 'debootstrap':
      return `debootstrap ${source.suite}`;
    case 'tar':
    case 'directory':
    case 'disk':
      return `${source.kind} ${source.path}`;
  }
}
