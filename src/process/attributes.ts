import { DomstartError } from '../model/errors.ts';
import type { JobDefinition, ResourceLimit } from '../model/job.ts';

/** What `wrap` must know of the host. */
export interface HostFacts {
  /** The nice value of this process. */
  readonly nice: number;
  /** The primary group of a user; throws where there is no such user. */
  readonly groupOfUser: (user: string) => number;
  /** The number of a group; throws where there is no such group. */
  readonly groupNumber: (group: string) => number;
  readonly hasFolder: (path: string) => boolean;
  /** The whole path of a tool; the job's own PATH need not have it. Throws where it is missing. */
  readonly tool: (name: 'prlimit' | 'nice' | 'setpriv' | 'chroot') => string;
}

/**
 * The command line that gives a process the attributes of its job and then executes `argv`, in
 * Upstart's order: limits, umask, oom score, nice, root, folder, user. Each is a small program that
 * replaces itself; without attributes nothing is added. A program that cannot be executed behind
 * them shows as exit status 126 or 127.
 */
export function wrap(job: JobDefinition, argv: readonly string[], host: HostFacts): string[] {
  return [
    ...limits(job, host),
    ...maskAndScore(job),
    ...niceness(job, host),
    ...rootAndUser(job, host),
    ...argv,
  ];
}

/** Attributes that this version does not give; they are refused, never ignored. */
export function refuseAttributes(job: JobDefinition): void {
  const stanza = unsupported(job);
  if (stanza === undefined) return;
  throw new DomstartError(
    'not-supported',
    `cannot run ${job.name}: this version does not do "${stanza}"`,
    { hint: `take "${stanza}" out of ${job.file ?? 'the job'}` },
  );
}

function unsupported(job: JobDefinition): string | undefined {
  if (job.expect !== undefined && job.expect !== 'none') return `expect ${job.expect}`;
  if (job.daemon) return 'daemon';
  if (job.console === 'owner') return 'console owner';
  if (job.apparmorLoad !== undefined) return 'apparmor load';
  if (job.apparmorSwitch !== undefined) return 'apparmor switch';
  if (job.cgroups.length > 0) return `cgroup ${job.cgroups[0]?.join(' ')}`;
  return undefined;
}

function limits(job: JobDefinition, host: HostFacts): string[] {
  const options = Object.entries(job.limits).map(
    ([resource, { soft, hard }]) => `--${resource}=${bound(soft)}:${bound(hard)}`,
  );
  return options.length === 0 ? [] : [host.tool('prlimit'), ...options, '--'];
}

function bound(value: ResourceLimit['soft']): string {
  return value === null ? 'unlimited' : String(value);
}

/** Both are numbers, so nothing of the user's reaches the shell's text. */
function maskAndScore({ umask, oomScore }: JobDefinition): string[] {
  const commands: string[] = [];
  if (umask !== undefined) commands.push(`umask ${umask.toString(8).padStart(4, '0')}`);
  if (oomScore !== undefined && oomScore !== 0) {
    commands.push(`echo ${oomScore} > /proc/self/oom_score_adj`);
  }
  return commands.length === 0
    ? []
    : ['/bin/sh', '-e', '-c', [...commands, 'exec "$@"'].join('\n'), '/bin/sh'];
}

function niceness(job: JobDefinition, host: HostFacts): string[] {
  if (job.nice === undefined || job.nice === host.nice) return [];
  return [host.tool('nice'), '-n', String(job.nice - host.nice), '--'];
}

function rootAndUser(job: JobDefinition, host: HostFacts): string[] {
  return job.chroot === undefined ? user(job, host) : root(job, job.chroot, host);
}

/** `setuid` alone also sets the user's primary group. */
function user({ setuid, setgid }: JobDefinition, host: HostFacts): string[] {
  const usersGroup = setuid === undefined ? undefined : host.groupOfUser(setuid);
  const group = setgid === undefined ? usersGroup : host.groupNumber(setgid);
  if (group === undefined) return [];
  const rest = setuid === undefined ? ['--clear-groups'] : [`--reuid=${setuid}`, '--init-groups'];
  return [host.tool('setpriv'), `--regid=${group}`, ...rest, '--'];
}

/** Names are looked up inside the new root, where `USER:` means the user's own group. */
function root(job: JobDefinition, chroot: string, host: HostFacts): string[] {
  const { name, chdir, setuid, setgid } = job;
  if (!host.hasFolder(chroot)) {
    throw new DomstartError('file-missing', `cannot run ${name}: there is no folder ${chroot}`, {
      hint: `create it, or correct "chroot ${chroot}"`,
    });
  }
  const noUser = setuid === undefined && setgid === undefined;
  const options = noUser ? [] : [`--userspec=${setuid ?? ''}:${setgid ?? ''}`];
  const folder =
    chdir === undefined || chdir === '/'
      ? []
      : ['/bin/sh', '-c', 'cd -- "$1" && shift && exec "$@"', '/bin/sh', chdir];
  return [host.tool('chroot'), ...options, '--', chroot, ...folder];
}
