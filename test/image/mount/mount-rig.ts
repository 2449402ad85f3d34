import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { imageOptions } from '../../../src/embed/host-images.ts';
import { findHost } from '../../../src/host/find-host.ts';
import { cacheFolder } from '../../../src/host/paths.ts';
import { buildByMount } from '../../../src/image/mount/build-by-mount.ts';
import { obtainImage } from '../../../src/image/obtain-image.ts';
import { parseJob } from '../../../src/language/parse-job.ts';

export interface JobBuild {
  readonly cache: string;
  /** The job's, for messages and relative names. */
  readonly file: string;
  readonly text: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (text: string) => void;
  readonly road?: 'mount' | 'run' | 'build';
}

/** What the stanzas of a job describe, by a mount or by the other road. */
export async function buildJob({ cache, file, text, road = 'mount', ...more }: JobBuild) {
  const { signal = new AbortController().signal, onProgress = () => {} } = more;
  const { job } = parseJob({ text, file, dialect: 'domstart' });
  if (job?.domain === undefined) throw new Error('the job is broken');
  const tools = await findHost({ cache: cacheFolder(), signal });
  const make = road === 'mount' ? buildByMount : obtainImage;
  return make(
    {
      domain: job.domain,
      environment: new Map(),
      jobFile: file,
      ...{ signal, onProgress, refresh: road === 'build' },
    },
    imageOptions({ tools, cache }),
  );
}

export function startBuild(
  { cache, file }: Pick<JobBuild, 'cache' | 'file'>,
  env: Readonly<Record<string, string>> = {},
) {
  const program = join(import.meta.dirname, 'fixtures/build.ts');
  const args = ['--disable-warning=ExperimentalWarning', program, cache, file];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  return { child, lines: createInterface({ input: child.stdout }) };
}

/** The mounts of every namespace that a process is in. */
export function mountsAnywhere(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => read(`/proc/${pid}/mountinfo`))
    .join('');
}

/** Where a build has mounted its image, as one may get there from outside. */
export function mountedFolder(cache: string): string {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const point = read(`/proc/${pid}/mountinfo`)
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .find((one) => one.startsWith(`${cache}/tmp/`) && one.endsWith('/root'));
    // The processes of the script are in the image already.
    if (point !== undefined && existsSync(`/proc/${pid}/root${point}/lost+found`)) {
      return `/proc/${pid}/root${point}`;
    }
  }
  throw new Error('nothing is mounted');
}

/** The files that loop devices stand for. */
export function loopFiles(): string {
  return readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .map((name) => read(`/sys/block/${name}/loop/backing_file`))
    .join('');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** What a cache has in it beside what is finished. */
export function leftIn(cache: string): string[] {
  return ['tmp', 'mounts'].flatMap((name) => {
    const folder = join(cache, name);
    return existsSync(folder) ? readdirSync(folder).map((one) => `${name}/${one}`) : [];
  });
}

const LIST = `mount -o loop,ro "$1" /mnt && cd /mnt &&
find . -printf '%P|%y|%m|%U|%G|%n|%T@|%l\\n' | sed -E 's/(\\|[0-9]+)\\.0*\\|/\\1|/' &&
find . -type f -exec sha256sum {} + &&
find . '(' -type c -o -type b ')' -exec stat -c '%n %t:%T' {} + &&
if command -v getfattr > /dev/null; then find . -exec getfattr -h -d -m - {} +; fi`;

/** All that is in an image: names, kinds, modes, owners, links, times, contents. */
export function listImage(disk: string): string[] {
  const text = execFileSync('unshare', ['--mount', 'sh', '-ec', LIST, 'list', disk], {
    encoding: 'latin1',
    maxBuffer: 2 ** 28,
  });
  return text.split('\n').sort();
}

export const isAble = process.getuid?.() === 0 && existsSync('/dev/loop-control');
