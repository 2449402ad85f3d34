import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { ImageRequest } from '../ports/images.ts';
import { openTree } from '../tree/open-tree.ts';
import { type Base, obtainBase } from './base/base.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { copyDisk } from './disk/copy-disk.ts';
import { makeDisk } from './disk/make-disk.ts';
import { type Edits, editsOf } from './edits.ts';
import { existingImage } from './existing-image.ts';
import {
  DISK,
  type DiskManifest,
  describeSource,
  diskKey,
  diskOf,
  type ImageManifest,
  imageKey,
  recipeKey,
  type SharedImage,
  sharedImage,
} from './image-entry.ts';
import { type Origin, originOf } from './origin.ts';
import { entryFolder } from './store/kinds.ts';
import { listCache } from './store/list-cache.ts';
import { findEntry, type Obtained, obtain } from './store/obtain.ts';

export type { DiskManifest, SharedImage } from './image-entry.ts';

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
  const recipe = recipeKey(request, origin, edits);
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
  const { edits, recipe, origin, cache } = making;
  const { signal, onProgress } = request;
  using base = await obtainBase({ ...origin, cache, signal, onProgress, mayFetch });
  const mounted = request.refresh ? undefined : await findMounted(base, request, making);
  if (mounted !== undefined) return sharedImage(mounted, { cached: base.cached });
  using disk = await obtainDisk(base, request, making);
  const { time, uuid, size, description } = disk.manifest;
  const image = await obtain<ImageManifest>({
    ...common(request, making),
    kind: 'images',
    key: imageKey(base.key, request, { edits }),
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

/** Where `image build --method mount` has made the same, of the same base. */
async function findMounted(
  base: Base,
  request: ImageRequest,
  { cache, edits }: Making,
): Promise<Obtained<ImageManifest> | undefined> {
  const key = imageKey(base.key, request, { edits, method: 'mount' });
  const entry = { cache, kind: 'images', key } as const;
  return existsSync(entryFolder(cache, entry)) ? findEntry<ImageManifest>(entry) : undefined;
}

/** The file system with what is in the base, and nothing else of the job. */
async function obtainDisk(
  base: Base,
  request: ImageRequest,
  making: Making,
): Promise<Obtained<DiskManifest>> {
  const { signal, onProgress } = request;
  const { origin } = making;
  const { filesystem, size } = diskOf(request);
  const key = diskKey(base.key, request);
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

async function findImported(cache: string, recipe: string): Promise<SharedImage | undefined> {
  for (const { kind, key, manifest } of await listCache(cache)) {
    if (kind !== 'images' || manifest?.['recipe'] !== recipe) continue;
    const found = await findEntry<ImageManifest>({ cache, kind, key });
    if (found !== undefined) return sharedImage(found, { cached: true });
  }
  return undefined;
}

function common({ signal, onProgress }: ImageRequest, { cache }: ImageBuilderOptions) {
  return { cache, signal, onProgress };
}
