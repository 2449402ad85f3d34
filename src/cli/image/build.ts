import { imageOptions } from '../../embed/host-images.ts';
import { findHost } from '../../host/find-host.ts';
import { cacheFolder } from '../../host/paths.ts';
import type { SharedImage } from '../../image/image-entry.ts';
import { loadDomainJob } from '../domain-job.ts';
import { print, say } from '../output.ts';
import { type LongWork, untilInterrupted } from '../until-interrupted.ts';
import { formatMs } from '../waterfall.ts';

export interface BuildOptions {
  /** `--no-refresh`: false. */
  readonly refresh: boolean;
  readonly method: 'overlay' | 'mount';
  readonly json?: true;
}

/** `domstart image build JOB [KEY=VALUE…]`. */
export function build(
  path: string,
  words: readonly string[],
  { refresh, method, json }: BuildOptions,
): Promise<number> {
  const begin = performance.now();
  return untilInterrupted(
    'image',
    (work) => imageOf(path, words, { ...work, refresh, method }),
    ({ job, image }) => {
      const ms = Math.round(performance.now() - begin);
      if (image === undefined) {
        if (json) print(JSON.stringify({ job, cached: true, ms }));
        say('image: `image from busybox` is made at each run, in milliseconds: nothing to build');
        return;
      }
      const { key, disk, format, description, cached } = image;
      image.release();
      if (json) print(JSON.stringify({ job, key, disk, format, description, cached, ms }));
      else print(disk);
      const how = cached ? 'is there' : `made in ${formatMs(ms)}`;
      say(`image: ${[key, description].filter(Boolean).join(', ')}: ${how}`);
    },
  );
}

export interface ImageWork extends LongWork, Pick<BuildOptions, 'refresh' | 'method'> {}

/** The image of a job; absent where its guest lives in memory. To be released. */
export async function imageOf(
  path: string,
  words: readonly string[],
  { refresh, method, signal, onProgress }: ImageWork,
): Promise<{ readonly job: string; readonly image?: SharedImage }> {
  const { job, domain, environment } = await loadDomainJob(path, words);
  if (domain.image.source.kind === 'busybox') return { job: job.name };
  const cache = cacheFolder();
  const options = imageOptions({ tools: await findHost({ cache, signal }), cache });
  const request = {
    ...{ domain, environment, refresh, signal, onProgress },
    ...(job.file === undefined ? {} : { jobFile: job.file }),
    // Of a run, which there is none of.
    ...{ folder: '', token: '' },
  };
  if (method === 'mount') {
    const { buildByMount } = await import('../../image/mount/build-by-mount.ts');
    return { job: job.name, image: await buildByMount(request, options) };
  }
  const { obtainImage } = await import('../../image/obtain-image.ts');
  return { job: job.name, image: await obtainImage(request, options) };
}
