import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import type { ImageWish } from '../../ports/images.ts';
import { withFolderPlan } from '../base/fill-folder.ts';
import type { ImageBuilderOptions } from '../builder-options.ts';
import { editsOf } from '../edits.ts';
import {
  DISK,
  describeSource,
  diskKey,
  diskOf,
  type ImageManifest,
  imageKey,
  recipeKey,
  type SharedImage,
  sharedImage,
} from '../image-entry.ts';
import { originOf, wantedOf } from '../origin.ts';
import { obtain } from '../store/obtain.ts';
import { makeByMount } from './make-by-mount.ts';
import { requireMounts } from './require-mounts.ts';

/** MiB, where the job says nothing: what will be in it is not known before it is. It is a hole until then. */
const SIZE = 2048;

/**
 * The image of a job, of the cache or made now by a loop device and a mount, as root; see `obtainImage`
 * for the road without them. What is in it is the same, so runs of the job use whichever is there.
 * Throws a DomstartError.
 */
export async function buildByMount(
  request: ImageWish,
  options: ImageBuilderOptions,
): Promise<SharedImage> {
  const { signal } = request;
  try {
    signal.throwIfAborted();
    refuseOthers(request);
    requireMounts();
    return await build(request, options);
  } catch (error) {
    if (!signal.aborted) throw toDomstartError(error, 'host-io');
    throw new DomstartError('cancelled', 'building the image was cancelled', { cause: error });
  }
}

function refuseOthers({ domain: { image } }: ImageWish): void {
  const why =
    image.source.kind === 'busybox'
      ? 'lives in the memory of its guest'
      : image.source.kind === 'disk'
        ? 'is an image already'
        : image.volume !== undefined
          ? 'is on a volume, which is written without a mount'
          : undefined;
  if (why === undefined) return;
  const what =
    image.volume === undefined ? `image from ${image.source.kind}` : `image volume ${image.volume}`;
  throw new DomstartError('not-supported', `nothing is to be mounted: \`${what}\` ${why}`, {
    hint: 'leave `--method mount` out',
  });
}

async function build(request: ImageWish, options: ImageBuilderOptions): Promise<SharedImage> {
  const { signal, onProgress } = request;
  const { cache } = options;
  const edits = await editsOf(request, options);
  const wanted = await wantedOf(request);
  const origin = await originOf(wanted);
  const { filesystem, size } = diskOf(request);
  const recipe = recipeKey(request, wanted, edits);
  const name = describeSource(origin.source);
  const asked = { ...origin, cache, signal, onProgress, mayFetch: true };
  return withFolderPlan(asked, async (plan) => {
    const uuidSeed = diskKey(plan.key, request);
    const mib = size ?? SIZE;
    const image = await obtain<ImageManifest>({
      ...{ cache, signal, onProgress, kind: 'images' },
      key: imageKey(plan.key, request, { edits, method: 'mount' }),
      what: `the image of ${name}`,
      async make(folder) {
        const disk = join(await realpath(folder), DISK);
        const { uuid, time } = await makeByMount({
          ...{ disk, filesystem, size: mib, uuidSeed, plan, edits, cache, signal, onProgress },
        });
        const description = `${name}, ${mib} MiB of ${filesystem}`;
        const base = { key: plan.key };
        return { time, uuid, size: mib * 2 ** 20, description, recipe, base, method: 'mount' };
      },
    });
    return sharedImage(image, { before: [] });
  });
}
