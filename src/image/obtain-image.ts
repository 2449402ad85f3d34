import { join } from 'node:path';
import type { ImageSource } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import type { ImageRequest } from '../ports/images.ts';
import { openTree } from '../tree/open-tree.ts';
import { obtainBase } from './base/base.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { cacheKey } from './cache-key.ts';
import { copyDisk } from './disk/copy-disk.ts';
import { makeDisk } from './disk/make-disk.ts';
import { type Edits, editsOf } from './edits.ts';
import { existingImage } from './existing-image.ts';
import { type Origin, originOf, recipeOf } from './origin.ts';
import { listCache } from './store/list-cache.ts';
import { findEntry, type Obtained, obtain } from './store/obtain.ts';

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
  /** For people: `debootstrap bookworm, 1024 MiB of ext4`. */
  readonly description: string;
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

interface ImageManifest extends DiskManifest {
  /** Of the job's stanzas: images of the same sources and edits have the same on every host. */
  readonly recipe: string;
}

/** To be raised when the code, and not its inputs, changes what comes out. */
const LAYOUT = 1;

const DISK = 'disk.img';

/**
 * The image that the stanzas of a job describe, out of the cache or made now. Where this host has
 * made nothing for it yet, one that was imported will do: `image build` makes its own.
 */
export async function obtainImage(
  request: ImageRequest,
  options: ImageBuilderOptions,
): Promise<SharedImage> {
  const { source } = request.domain.image;
  if (source.kind === 'disk') return existingImage(request, options, source.path);
  const edits = await editsOf(request, options);
  const origin = await originOf(request);
  const recipe = cacheKey([LAYOUT, recipeOf(origin), diskOf(request), edits.key]);
  const making = { ...options, edits, origin, recipe };
  if (request.refresh) return makeImage(request, making, { mayFetch: true });
  try {
    return await makeImage(request, making, { mayFetch: false });
  } catch (error) {
    if (!(error instanceof DomstartError) || error.code !== 'base-missing') throw error;
    const imported = await findImported(options.cache, recipe);
    return imported ?? (await makeImage(request, making, { mayFetch: true }));
  }
}

interface Making extends ImageBuilderOptions {
  readonly edits: Edits;
  readonly origin: Origin;
  /** What was asked for, whatever the archives have now and whatever this host's sources are. */
  readonly recipe: string;
}

async function makeImage(
  request: ImageRequest,
  making: Making,
  { mayFetch }: { readonly mayFetch: boolean },
): Promise<SharedImage> {
  const { edits, recipe } = making;
  using disk = await obtainDisk(request, making, { mayFetch });
  const { time, uuid, size, description } = disk.manifest;
  const image = await obtain<ImageManifest>({
    ...common(request, making),
    kind: 'images',
    key: cacheKey([LAYOUT, disk.manifest.key, edits.key]),
    what: `the image of ${description}`,
    async make(folder) {
      const to = join(folder, DISK);
      await copyDisk({ from: join(disk.folder, DISK), to, signal: request.signal });
      await edits.apply(await openTree(to, request.signal, { time, own: true }), { uuid });
      return { time, uuid, size, description, recipe };
    },
  });
  return sharedImage(image, { cached: disk.cached });
}

/** The file system with what is in the base, and nothing else of the job. */
async function obtainDisk(
  request: ImageRequest,
  making: Making,
  { mayFetch }: { readonly mayFetch: boolean },
): Promise<Obtained<DiskManifest>> {
  const { signal, onProgress } = request;
  const { origin, cache } = making;
  const { filesystem, size } = diskOf(request);
  using base = await obtainBase({ ...origin, cache, signal, onProgress, mayFetch });
  const key = cacheKey([LAYOUT, base.key, filesystem, size ?? null]);
  const name = describeSource(origin.source);
  return obtain<DiskManifest>({
    ...common(request, making),
    ...{ kind: 'disks', key, what: `the disk of ${name}` },
    async make(folder) {
      const { epoch: time } = base.manifest;
      const made = await makeDisk({
        ...{ tar: base.tar, to: join(folder, DISK), filesystem, time, uuidSeed: key },
        ...(size === undefined ? {} : { size }),
        ...{ signal, onProgress },
      });
      const description = `${name}, ${Math.round(made.size / 2 ** 20)} MiB of ${filesystem}`;
      return { time, uuid: made.uuid, size: made.size, description };
    },
  });
}

function diskOf({ domain }: ImageRequest) {
  const { filesystem = 'ext4', size } = domain.image;
  return { filesystem, ...(size === undefined ? {} : { size }) } as const;
}

async function findImported(cache: string, recipe: string): Promise<SharedImage | undefined> {
  for (const { kind, key, manifest } of await listCache(cache)) {
    if (kind !== 'images' || manifest?.['recipe'] !== recipe) continue;
    const found = await findEntry<ImageManifest>({ cache, kind, key });
    if (found !== undefined) return sharedImage(found, { cached: true });
  }
  return undefined;
}

function sharedImage(
  image: Obtained<ImageManifest>,
  { cached }: { readonly cached: boolean },
): SharedImage {
  return {
    key: image.manifest.key,
    disk: join(image.folder, DISK),
    format: 'raw',
    size: image.manifest.size,
    cached: cached && image.cached,
    description: image.manifest.description,
    release: () => image[Symbol.dispose](),
  };
}

function common({ signal, onProgress }: ImageRequest, { cache }: ImageBuilderOptions) {
  return { cache, signal, onProgress };
}

function describeSource(source: ImageSource): string {
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
