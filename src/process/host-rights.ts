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

/** What the kernel gives for nothing less than rights over the whole host: not to root of a namespace. */
const OF_HOST: readonly string[] = ['admin', 'nice', 'resource'];

/** True where the kernel lets this process do it. */
export function may(what: keyof typeof CAPABILITIES): boolean {
  if (OF_HOST.includes(what) && !isFirstNamespace()) return false;
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

/**
 * Why a child of ours could not have this group, and those that belong to it alone: EPERM, or EINVAL
 * where the user namespace has no such group.
 */
export function whyNoGroup(gid: number): string | undefined {
  if (!may('setgid')) {
    return process.getuid?.() !== 0 && gid === process.getgid?.() ? undefined : 'EPERM';
  }
  // Without a helper of root's, a namespace of users keeps the groups that its maker had.
  if (ofSelf('setgroups')?.trim() === 'deny') return 'EPERM';
  return isMapped('gid_map', gid) ? undefined : 'EINVAL';
}

/** Why a child of ours could not be this user: EPERM or EINVAL, as above. */
export function whyNoUser(uid: number): string | undefined {
  if (uid === process.getuid?.()) return undefined;
  if (!may('setuid')) return 'EPERM';
  return isMapped('uid_map', uid) ? undefined : 'EINVAL';
}

/** `FIRST OUTSIDE COUNT`, a line for each range of ids (user_namespaces(7)). */
function isMapped(map: 'uid_map' | 'gid_map', id: number): boolean {
  const text = ofSelf(map);
  if (text === undefined) return true;
  return text.split('\n').some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/ +/).map(Number);
    return id >= first && id < first + count;
  });
}

function isFirstNamespace(): boolean {
  const map = ofSelf('uid_map');
  return map === undefined || /^ *0 +0 +4294967295$/m.test(map);
}

/** Undefined where the kernel knows no user namespaces. */
function ofSelf(name: 'uid_map' | 'gid_map' | 'setgroups'): string | undefined {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1');
  } catch {
    return undefined;
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
