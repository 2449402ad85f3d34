import { DomstartError } from '../model/errors.ts';
import type { JobDefinition, ResourceLimit } from '../model/job.ts';

/** What `wrap` must know of the host. */
export interface HostFacts {
  /** The nice value of this process. */
  readonly nice: number;
  /** The primary group of a user; throws where there is no such user. */
  readonly groupOf: (user: string) => number;
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
export function refuseUnsupported(job: JobDefinition): void {
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

function rootAndUser({ chroot, chdir, setuid, setgid }: JobDefinition, host: HostFacts): string[] {
  if (chroot === undefined) {
    if (setuid === undefined && setgid === undefined) return [];
    const user = setuid === undefined ? [] : [`--reuid=${setuid}`, '--init-groups'];
    const group = setgid ?? host.groupOf(setuid as string);
    return [
      host.tool('setpriv'),
      `--regid=${group}`,
      ...(user.length > 0 ? user : ['--clear-groups']),
      '--',
    ];
  }
  // Names are looked up inside the new root, and `USER:` means the user's own group.
  const user =
    setuid === undefined && setgid === undefined ? [] : [`${setuid ?? ''}:${setgid ?? ''}`];
  const options = user.map((spec) => `--userspec=${spec}`);
  const folder =
    chdir === undefined || chdir === '/'
      ? []
      : ['/bin/sh', '-c', 'cd -- "$1" && shift && exec "$@"', '/bin/sh', chdir];
  return [host.tool('chroot'), ...options, '--', chroot, ...folder];
}
