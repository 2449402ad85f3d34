import { existsSync, statSync } from 'node:fs';
import { cacheFolder } from '../../host/paths.ts';
import { exportImage, exportRaw } from '../../image/ship/export-image.ts';
import { importImage } from '../../image/ship/import-image.ts';
import { listCache } from '../../image/store/list-cache.ts';
import { isVolumeName } from '../../image/volume/find-volume.ts';
import { DomstartError } from '../../model/errors.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { type LongWork, untilInterrupted } from '../until-interrupted.ts';
import { imageOf } from './build.ts';
import { findByKey } from './list.ts';

interface ExportOptions {
  readonly raw?: true;
  readonly json?: true;
}

/** `domstart image export JOB|KEY|VG/LV FILE`. */
export async function exportOf(
  what: string,
  file: string,
  { raw, json }: ExportOptions,
): Promise<number> {
  const volume = volumeOf(what);
  if (volume !== undefined) {
    const { exportOfVolume } = await import('./export-volume.ts');
    return exportOfVolume(volume, file, { ...(json ? { json } : {}) });
  }
  return untilInterrupted(
    'image',
    async (work) => {
      const { key, release } = await keyOf(what, work);
      try {
        work.onProgress(`writing ${file}`);
        const request = { cache: cacheFolder(), key, to: file, signal: work.signal };
        await (raw ? exportRaw(request) : exportImage(request));
      } finally {
        release();
      }
      return { key, bytes: statSync(file).size };
    },
    ({ key, bytes }) => {
      if (json) print(JSON.stringify({ key, file, bytes }));
      say(`image: ${key} is in ${file}, ${formatBytes(bytes)}`);
    },
  );
}

/** A volume that is active has a device of its name. */
function volumeOf(what: string): string | undefined {
  const name = what.replace(/^\/dev\//, '');
  const isPath = name === what && existsSync(what);
  if (isPath || !isVolumeName(name)) return undefined;
  const device = statSync(`/dev/${name}`, { throwIfNoEntry: false });
  return device?.isBlockDevice() ? name : undefined;
}

/** A file is a job, whatever else begins like its name. */
async function keyOf(
  what: string,
  work: LongWork,
): Promise<{ readonly key: string; readonly release: () => void }> {
  if (!existsSync(what) && /^[0-9a-f]+$/.test(what)) {
    const images = (await listCache(cacheFolder())).filter(({ kind }) => kind === 'images');
    return { key: findByKey(images, what).key, release: () => {} };
  }
  const { image } = await imageOf(what, [], { ...work, refresh: false, method: 'overlay' });
  if (image?.key !== undefined) return { key: image.key, release: image.release };
  image?.release();
  throw new DomstartError('not-supported', `the job in ${what} has no image of its own`, {
    hint: 'a guest in memory has none, and `image from disk` is a file already',
  });
}

/** `domstart image import FILE`. */
export function importFrom(file: string, { json }: { readonly json?: true }): Promise<number> {
  return untilInterrupted(
    'image',
    (work) => importImage({ cache: cacheFolder(), file, ...work }),
    ({ key, cached }) => {
      if (json) print(JSON.stringify({ key, cached }));
      say(`image: ${key} ${cached ? 'was there already' : 'is in the cache'}`);
    },
  );
}
