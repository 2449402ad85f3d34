import { readFileSync, writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { ResourceLimit } from '../model/job.ts';

/** Bits of /proc/PID/status (capabilities(7)). */
const CAPABILITIES = { setgid: 6, setuid: 7, chroot: 18, admin: 21, nice: 23, resource: 24 };

/** As /proc/PID/limits calls what `limit` sets. */
const LIMIT_NAMES: Readonly<Record<string, string>> = {
  as: 'Max address space',
  core: 'Max core file size',
  cpu: 'Max cpu time',
  data: 'Max data size',
  fsize: 'Max file size',
  memlock: 'Max locked memory',
  msgqueue: 'Max msgqueue size',
  nice: 'Max nice priority',
  nofile: 'Max open files',
  nproc: 'Max processes',
  rss: 'Max resident set',
  rtprio: 'Max realtime priority',
  sigpending: 'Max pending signals',
  stack: 'Max stack size',
};

/** True where the kernel lets this process do it. */
export function may(what: keyof typeof CAPABILITIES): boolean {
  const effective = /^CapEff:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return ((BigInt(`0x${effective ?? '0'}`) >> BigInt(CAPABILITIES[what])) & 1n) === 1n;
}

/** Why setrlimit would fail in a child of ours, by errno; undefined where it would not. */
export function whyNoLimit(resource: string, { soft, hard }: ResourceLimit): string | undefined {
  const [low, high] = [soft ?? Number.POSITIVE_INFINITY, hard ?? Number.POSITIVE_INFINITY];
  if (low > high) return 'EINVAL';
  if (resource === 'nofile' && high > mostFiles()) return 'EPERM';
  return high > hardLimit(resource) && !may('resource') ? 'EPERM' : undefined;
}

export function whyNoNice(nice: number): string | undefined {
  if (nice >= getPriority() || may('nice')) return undefined;
  // The limit counts the other way round: 1 stands for 19, and 40 for -20.
  return 20 - nice <= softLimit('nice') ? undefined : 'EACCES';
}

/**
 * How far down a score may be set without rights is nowhere to be read, so it is tried on this
 * process, for a moment.
 */
export function whyNoScore(score: number): string | undefined {
  const file = '/proc/self/oom_score_adj';
  try {
    const before = readFileSync(file, 'latin1');
    if (score >= Number(before)) return undefined;
    writeFileSync(file, String(score));
    writeFileSync(file, before);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EIO';
  }
}

function mostFiles(): number {
  return Number(readFileSync('/proc/sys/fs/nr_open', 'latin1'));
}

const softLimit = (resource: string) => ownLimit(resource, 0);
const hardLimit = (resource: string) => ownLimit(resource, 1);

function ownLimit(resource: string, column: 0 | 1): number {
  const name = LIMIT_NAMES[resource];
  const line = readFileSync('/proc/self/limits', 'latin1')
    .split('\n')
    .find((text) => name !== undefined && text.startsWith(`${name} `));
  const value = line?.slice(name?.length).trim().split(/ +/)[column];
  return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
}
