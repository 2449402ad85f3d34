import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { imageOptions } from '../src/embed/host-images.ts';
import { findHost } from '../src/host/find-host.ts';
import { cacheFolder } from '../src/host/paths.ts';
import { makeOverlay } from '../src/image/disk/overlay.ts';
import type { SharedImage } from '../src/image/image-entry.ts';
import { obtainImage } from '../src/image/obtain-image.ts';
import { listCache } from '../src/image/store/list-cache.ts';
import { parseJob } from '../src/language/parse-job.ts';
import { type Report, ratios } from './figure.ts';

const run = promisify(execFile);

/** As the report's server, but for its packages, which are in the base. */
const JOB = `image from debootstrap bookworm
image size 700M
image filesystem ext3
image hostname second
image interface eth0 dhcp
image hosts 10.0.2.2 $HOST
guest init direct
guest one
    exec true
end guest
`;

/**
 * The second image of a base that is there: a changed hosts file to an image that boots, with the bare
 * copy of its disk in the same run, the disk of a run, and, with `peer`, xen-create-image (Debian's
 * xen-tools, as root) for the same guest from a tar of the same base. Goals: 300 ms beyond copying,
 * 25 ms, a tenth of xen-create-image.
 */
export async function image(
  runs: number,
  { peer = false }: { readonly peer?: boolean },
): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'domstart-bench-'));
  try {
    const cache = join(folder, 'cache');
    const build = await builder(folder, cache);
    console.error('the first image, with its base');
    (await build('first')).release();
    const ours: number[] = [];
    const copies: number[] = [];
    const overlays: number[] = [];
    const theirs: number[] = [];
    for (let at = 0; at < runs; at++) {
      console.error(`run ${at + 1} of ${runs}`);
      const [made, ms] = await timed(() => build(`host-${at}`));
      ours.push(ms);
      const copy = join(folder, 'copy');
      copies.push((await timed(() => run('cp', ['--sparse=always', made.disk, copy])))[1]);
      const overlay = {
        backing: made.disk,
        backingFormat: 'raw',
        to: join(folder, 'run'),
      } as const;
      overlays.push((await timed(() => makeOverlay(overlay)))[1]);
      made.release();
      if (peer) theirs.push((await timed(() => xenCreateImage(folder, cache)))[1]);
    }
    return report({ ours, copies, overlays, theirs });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function builder(
  folder: string,
  cache: string,
): Promise<(host: string) => Promise<SharedImage>> {
  const { signal } = new AbortController();
  const tools = await findHost({ cache: cacheFolder(), signal });
  const jobFile = join(folder, 'second.conf');
  await writeFile(jobFile, JOB);
  const { job } = parseJob({ text: JOB, file: jobFile, dialect: 'domstart' });
  const domain = job?.domain;
  if (domain === undefined) throw new Error('the job of the bench is broken');
  return (host) =>
    obtainImage(
      { domain, environment: new Map([['HOST', host]]), jobFile, signal, onProgress: () => {} },
      imageOptions({ tools, cache }),
    );
}

async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
  const begin = performance.now();
  const result = await work();
  return [result, performance.now() - begin];
}

/** In its best case: unpacked from a tar, without swap. It asks for a kernel and does not read it. */
async function xenCreateImage(folder: string, cache: string): Promise<void> {
  const base = (await listCache(cache)).find(({ kind }) => kind === 'bases');
  if (base === undefined) throw new Error('there is no base');
  const kernel = join(folder, 'second.conf');
  const options = {
    ...{ hostname: 'domstart-bench', dir: folder, output: folder, size: '700M', fs: 'ext3' },
    ...{ dist: 'bookworm', 'install-method': 'tar', genpass: '0', kernel, initrd: kernel },
    'install-source': join(base.folder, 'root.tar'),
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  await run('xen-create-image', [...words, '--noswap', '--dhcp', '--nohosts', '--force']);
  await rm(join(folder, 'domains'), { recursive: true });
  await rm('/var/log/xen-tools/domstart-bench.log', { force: true });
}

function report(measured: {
  readonly ours: readonly number[];
  readonly copies: readonly number[];
  readonly overlays: readonly number[];
  readonly theirs: readonly number[];
}): Report {
  const { ours, copies, overlays, theirs } = measured;
  const beyond = ours.map((ms, at) => ms - (copies[at] ?? Number.NaN));
  const tenth = { name: 'to xen-create-image', unit: '', values: ratios(ours, theirs) } as const;
  return {
    figures: [
      { name: 'a changed hosts file to an image', unit: 'ms', values: ours },
      { name: 'the copy of its disk', unit: 'ms', values: copies },
      { name: 'beyond the copy', unit: 'ms', values: beyond, goal: 300 },
      { name: 'the disk of a run', unit: 'ms', values: overlays, goal: 25 },
      ...(theirs.length === 0
        ? []
        : [
            { name: 'xen-create-image', unit: 'ms', values: theirs } as const,
            { ...tenth, goal: 0.1 },
          ]),
    ],
  };
}
