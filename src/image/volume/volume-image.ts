import type { ImageWish } from '../../ports/images.ts';
import type { SharedImage } from '../image-entry.ts';
import { fillVolume } from './fill-volume.ts';
import { findAndSweep } from './snapshot.ts';

const MIB = 2 ** 20;

export interface VolumeImageRequest {
  readonly request: ImageWish;
  /** `VG/LV` */
  readonly name: string;
  readonly cache: string;
  /** Makes the image as a file. */
  readonly obtainFile: (request: ImageWish) => Promise<SharedImage>;
}

/**
 * `image volume VG/LV`: the image, made as large as the volume, in the volume. A run has an overlay over
 * it as it has over a file, so the volume is only written to when the image is another one.
 */
export async function volumeImage(options: VolumeImageRequest): Promise<SharedImage> {
  const { request, name, cache, obtainFile } = options;
  const { domain, signal, onProgress } = request;
  const volume = await findAndSweep(name, { signal });
  const image = { ...domain.image, size: Math.floor(volume.size / MIB) };
  const file = await obtainFile({ ...request, domain: { ...domain, image } });
  try {
    const { disk, key = '' } = file;
    const filled = await fillVolume({ volume, image: { key, disk }, cache, signal, onProgress });
    return {
      ...(file.key === undefined ? {} : { key }),
      ...{ disk: volume.path, format: 'raw', size: volume.size },
      cached: file.cached && !filled.written,
      made: file.made,
      ...(file.base === undefined ? {} : { base: file.base }),
      description: `${file.description} in the volume ${name}`,
      release: filled.release,
    };
  } finally {
    // It is all in the volume now.
    file.release();
  }
}
