import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { ImageWish } from '../ports/images.ts';
import { openTree } from '../tree/open-tree.ts';
import { type Base, obtainBase } from './base/base.ts';
import { keyOfFiles } from './base/key-of-files.ts';
import { noteOf } from './base-note.ts';
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
import { type Origin, originOf, wantedOf } from './origin.ts';
import { type CacheKind, entryFolder } from './store/kinds.ts';
import { listCache } from './store/list-cache.ts';
import { findEntry, type Obtained, obtain } from './store/obtain.ts';

export type { SharedImage } from './image-entry.ts';

/**
 * The image that the stanzas of a job describe, out of the cache or made now. Where this host has
 * made nothing for it yet, one that was imported will do: `image build` makes its own.
 */
export async function obtainImage(
  request: ImageWish,
  options: ImageBuilderOptions,
): Promise<SharedImage> {
  const { source, volume } = request.domain.image;
  if (source.kind === 'disk') return existingImage(request, options, source.path);
  if (volume === undefined) return obtainFile(request, options);
  const { volumeImage } = await import('./volume/volume-image.ts');
  return volumeImage({
    ...{ request, name: volume, cache: options.cache },
    obtainFile: (sized) => obtainFile(sized, options),
  });
}

async function obtainFile(request: ImageWish, options: ImageBuilderOptions): Promise<SharedImage> {
  const edits = await editsOf(request, options);
  const wanted = await wantedOf(request);
  const recipe = recipeKey(request, wanted, edits);
  const make = async (how: { readonly mayFetch: boolean }) =>
    makeImage(request, { ...options, edits, recipe, origin: await originOf(wanted) }, how);
  if (request.refresh) return make({ mayFetch: true });
  try {
    return await make({ mayFetch: false });
  } catch (error) {
    const code = error instanceof DomstartError ? error.code : undefined;
    if (code !== 'base-missing' && code !== 'file-missing') throw error;
    // Of files that are gone only what somebody has brought here on purpose is taken to be the same.
    const found = await findShipped(options.cache, recipe, { imported: code === 'file-missing' });
    if (found !== undefined) return found;
    if (code === 'file-missing') throw error;
    return make({ mayFetch: true });
  }
}

interface Making extends ImageBuilderOptions {
  readonly edits: Edits;
  readonly origin: Origin;
  /** What was asked for, whatever the archives have now and whatever this host's sources are. */
  readonly recipe: string;
}

async function makeImage(
  request: ImageWish,
  making: Making,
  { mayFetch }: { readonly mayFetch: boolean },
): Promise<SharedImage> {
  const { edits, recipe, origin, cache } = making;
  const { signal, onProgress } = request;
  const asked = { ...origin, cache, signal, onProgress, mayFetch };
  const known = await keyOfFiles(asked);
  const there = known && (await findMade(known, request, making));
  if (there) return sharedImage(there, { before: [] });
  using base = await obtainBase(asked);
  const made = await findMade(base.key, request, making);
  const before: CacheKind[] = base.cached ? [] : ['bases'];
  if (made !== undefined) return sharedImage(made, { before });
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
      await edits.apply(
        await openTree(to, request.signal, {
          time,
          own: true,
          name: `the image of ${description}`,
        }),
        { uuid },
      );
      return { time, uuid, size, description, recipe, base: noteOf(base) };
    },
  });
  return sharedImage(image, { before: disk.cached ? before : [...before, 'disks'] });
}

/** One that was made of this base; by a mount goes before, but where this road is asked for. */
async function findMade(
  base: string,
  request: ImageWish,
  { cache, edits }: Making,
): Promise<Obtained<ImageManifest> | undefined> {
  const byMount = imageKey(base, request, { edits, method: 'mount' });
  const keys = [...(request.refresh ? [] : [byMount]), imageKey(base, request, { edits })];
  for (const key of keys) {
    const entry = { cache, kind: 'images', key } as const;
    if (!existsSync(entryFolder(cache, entry))) continue;
    const found = await findEntry<ImageManifest>(entry);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The file system with what is in the base, and nothing else of the job. */
async function obtainDisk(
  base: Base,
  request: ImageWish,
  making: Making,
): Promise<Obtained<DiskManifest>> {
  const { signal, onProgress } = request;
  const { origin } = making;
  const { filesystem, size } = diskOf(request);
  const { volume } = request.domain.image;
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
        ...(volume === undefined ? {} : { volume }),
        ...{ signal, onProgress },
      });
      const description = `${name}, ${Math.round(made.size / 2 ** 20)} MiB of ${filesystem}`;
      return { time, uuid: made.uuid, size: made.size, description };
    },
  });
}

/** The one of this recipe that was used last. */
async function findShipped(
  cache: string,
  recipe: string,
  { imported }: { readonly imported: boolean },
): Promise<SharedImage | undefined> {
  for (const { kind, key, manifest } of await listCache(cache)) {
    if (kind !== 'images' || manifest?.['recipe'] !== recipe) continue;
    if (imported && manifest['imported'] !== true) continue;
    const found = await findEntry<ImageManifest>({ cache, kind, key });
    if (found !== undefined) return sharedImage(found, { before: [] });
  }
  return undefined;
}

function common({ signal, onProgress }: ImageWish, { cache }: ImageBuilderOptions) {
  return { cache, signal, onProgress };
}
