import { statSync } from 'node:fs';
import { cacheFolder } from '../../host/paths.ts';
import { exportImage, exportRaw, streamImage } from '../../image/ship/export-image.ts';
import { importImage, importStream } from '../../image/ship/import-image.ts';
import { listCache } from '../../image/store/list-cache.ts';
import { isVolumeName } from '../../image/volume/find-volume.ts';
import { DomstartError } from '../../model/errors.ts';
import { loadDomainJob } from '../domain-job.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { type LongWork, untilInterrupted } from '../until-interrupted.ts';
import { findByKey } from './entry-text.ts';
import { isKey, prepare } from './job-image.ts';

interface ExportOptions {
  readonly raw?: true;
  readonly json?: true;
}

export interface ExportWish extends ExportOptions {
  /** A job, the beginning of a key, or VG/LV. */
  readonly what: string;
  /** `-` is standard output. */
  readonly file: string;
  /** `KEY=VALUE`, for the stanzas of the job. */
  readonly words: readonly string[];
}

/** `domstart image export JOB|KEY|VG/LV FILE`. */
export async function exportOf({ what, file, words, raw, json }: ExportWish): Promise<number> {
  const volume = volumeOf(what);
  if (volume !== undefined) {
    if (file === '-') throw notToOutput(volume);
    const { exportOfVolume } = await import('./export-volume.ts');
    return exportOfVolume(volume, file, { ...(json ? { json } : {}) });
  }
  let readerGone = false;
  const status = await untilInterrupted(
    'image',
    async (work) => {
      const { key, release } = await keyOf(what, words, work);
      try {
        work.onProgress(`writing ${file === '-' ? 'the image' : file}`);
        const request = { cache: cacheFolder(), key, signal: work.signal };
        if (file === '-') {
          readerGone = !(await streamImage({ ...request, to: process.stdout, raw: raw === true }));
        } else {
          await (raw ? exportRaw : exportImage)({ ...request, to: file });
        }
      } finally {
        release();
      }
      return key;
    },
    (key) => {
      if (file === '-') return;
      const bytes = statSync(file).size;
      if (json) print(JSON.stringify({ key, file, bytes }));
      say(`image: ${key} is in ${file}, ${formatBytes(bytes)}`);
    },
  );
  return readerGone ? EXIT.readerGone : status;
}

/** A volume that is active has a device of its name. */
function volumeOf(what: string): string | undefined {
  const name = what.replace(/^\/dev\//, '');
  const isPath = name === what && statSync(what, { throwIfNoEntry: false }) !== undefined;
  if (isPath || !isVolumeName(name)) return undefined;
  const device = statSync(`/dev/${name}`, { throwIfNoEntry: false });
  return device?.isBlockDevice() ? name : undefined;
}

function notToOutput(volume: string): DomstartError {
  return new DomstartError(
    'not-supported',
    `a snapshot of ${volume} cannot go to standard output`,
    {
      hint: 'it is checked when it is whole: name a file',
    },
  );
}

async function keyOf(
  what: string,
  words: readonly string[],
  work: LongWork,
): Promise<{ readonly key: string; readonly release: () => void }> {
  if (isKey(what)) {
    const images = (await listCache(cacheFolder())).filter(({ kind }) => kind === 'images');
    return { key: findByKey(images, what).key, release: () => {} };
  }
  const job = await loadDomainJob(what, words);
  const made = await prepare(job, { ...work, refresh: false, method: 'overlay' });
  if (made.kind === 'disk' && made.key !== undefined)
    return { key: made.key, release: made.release };
  if (made.kind === 'disk') made.release();
  throw new DomstartError('not-supported', `the job in ${what} has no image of its own`, {
    hint: 'a guest in memory has none, and `image from disk` is a file already',
  });
}

/** `domstart image import FILE`; `-` is standard input. */
export function importFrom(file: string, { json }: { readonly json?: true }): Promise<number> {
  return untilInterrupted(
    'image',
    (work) => {
      const request = { cache: cacheFolder(), ...work };
      return file === '-'
        ? importStream({ ...request, from: process.stdin })
        : importImage({ ...request, file });
    },
    ({ key, cached }) => {
      if (json) print(JSON.stringify({ key, cached }));
      say(`image: ${key} ${cached ? 'was there already' : 'is in the cache'}`);
    },
  );
}
