import { stat } from 'node:fs/promises';
import type { BaseNote } from '../../image/base-note.ts';
import type { Prepared } from '../../image/prepare-image.ts';
import type { CacheKind } from '../../image/store/kinds.ts';
import { loadDomainJob } from '../domain-job.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { formatMs } from '../waterfall.ts';
import { prepare } from './job-image.ts';

export interface BuildOptions {
  /** `--no-refresh`: false. */
  readonly refresh: boolean;
  readonly method: 'overlay' | 'mount';
  readonly json?: true;
}

interface Built {
  readonly job: string;
  readonly prepared: Prepared;
  /** That its file takes. */
  readonly bytes: number;
  readonly ms: number;
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
    async (work): Promise<Built> => {
      const job = await loadDomainJob(path, words);
      const prepared = await prepare(job, { ...work, refresh, method });
      const ms = Math.round(performance.now() - begin);
      if (prepared.kind === 'disk') prepared.release();
      return { job: job.job.name, prepared, bytes: await bytesOf(prepared), ms };
    },
    (built) => {
      print(json ? JSON.stringify(builtJson(built)) : fileOf(built.prepared));
      if (!json) for (const line of builtLines(built)) say(`image: ${line}`);
    },
  );
}

function fileOf(prepared: Prepared): string {
  return prepared.kind === 'disk' ? prepared.disk : prepared.file;
}

/** Of a file what it takes without its holes; of a volume all of it. */
async function bytesOf(prepared: Prepared): Promise<number> {
  const stats = await stat(fileOf(prepared));
  if (prepared.kind === 'disk' && !stats.isFile()) return prepared.size;
  return stats.blocks * 512;
}

function builtJson({ job, prepared, bytes, ms }: Built) {
  const { kind, cached } = prepared;
  if (prepared.kind === 'memory') return { job, kind, disk: prepared.file, bytes, cached, ms };
  const { key, disk, format, size, description, made, base } = prepared;
  return {
    ...{ job, kind, key, disk, format, size, bytes, description },
    base: base && { key: base.key, date: base.date, packages: base.packages?.length },
    ...{ cached, made, ms },
  };
}

function builtLines({ prepared, bytes, ms }: Built): string[] {
  const size = `${formatBytes(bytes)} on the disk`;
  if (prepared.kind === 'memory') {
    return [
      `what guests with \`image from busybox\` share, ${size}: ${how([], { prepared, ms })}`,
      'the rest of it is made at each run, in milliseconds',
    ];
  }
  const { key, description, made, base } = prepared;
  return [
    ...(base === undefined ? [] : [baseLine(base)]),
    `${key === undefined ? '' : `${key}, `}${description}, ${size}: ${how(made, { prepared, ms })}`,
  ];
}

const NAMES: Readonly<Record<CacheKind, string>> = {
  bases: 'base',
  disks: 'disk',
  images: 'image',
};

function how(
  made: readonly CacheKind[],
  { prepared, ms }: { readonly prepared: Prepared; readonly ms: number },
): string {
  if (prepared.cached) return 'is there';
  const parts = made.length === 0 ? '' : ` (${made.map((kind) => NAMES[kind]).join(', ')})`;
  return `made in ${formatMs(ms)}${parts}`;
}

function baseLine({ key, date, packages }: BaseNote): string {
  const notes = [
    packages === undefined ? undefined : `${packages.length} packages`,
    date === undefined ? undefined : `of ${date.slice(0, 10)}`,
  ].filter((note) => note !== undefined);
  return `base ${key}${notes.length === 0 ? '' : `: ${notes.join(' ')}`}`;
}
