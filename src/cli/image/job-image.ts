import { existsSync } from 'node:fs';
import { imageOptions } from '../../embed/host-images.ts';
import { findToolsAsNeeded } from '../../host/find-host.ts';
import { cacheFolder } from '../../host/paths.ts';
import type { ImageBuilderOptions } from '../../image/builder-options.ts';
import { type ImageWish, type Prepared, prepareImage } from '../../image/prepare-image.ts';
import type { DomainJob } from '../domain-job.ts';
import type { LongWork } from '../until-interrupted.ts';

interface ImageWork extends LongWork {
  /** Look for news of the archives. */
  readonly refresh: boolean;
}

/** What the job wants, and what makes it on this host. Tools are missed where they are needed. */
export async function wishOf(
  { job, domain, environment }: DomainJob,
  { refresh, signal, onProgress }: ImageWork,
): Promise<{ readonly wish: ImageWish; readonly options: ImageBuilderOptions }> {
  const cache = cacheFolder();
  return {
    wish: {
      ...{ domain, environment, refresh, signal, onProgress },
      ...(job.file === undefined ? {} : { jobFile: job.file }),
    },
    options: imageOptions({ tools: await findToolsAsNeeded({ cache, signal }), cache }),
  };
}

/** What the runs of a job share, out of the cache or made now. A disk is to be released. */
export async function prepare(
  job: DomainJob,
  { method, ...work }: ImageWork & { readonly method: 'overlay' | 'mount' },
): Promise<Prepared> {
  const { wish, options } = await wishOf(job, work);
  return prepareImage(wish, { ...options, method });
}

/** Whether a word is the beginning of a key. A file is a job, whatever else begins like its name. */
export function isKey(word: string): boolean {
  return /^[0-9a-f]{1,20}$/.test(word) && !existsSync(word);
}
