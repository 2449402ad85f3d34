import type { JobDefinition, ResourceLimit } from '../model/job.ts';

/** What `wrap` must know of the host. */
export interface HostFacts {
  /** The nice value of this process. */
  readonly nice: number;
  /** Ids of a user; undefined where there is no such user. */
  readonly user: (name: string) => { readonly uid: number; readonly gid: number } | undefined;
  /** The number of a group; undefined where there is no such group. */
  readonly group: (name: string) => number | undefined;
  /** This process already has these ids, and may have no others. */
  readonly isUs: (ids: { readonly uid: number | undefined; readonly gid: number }) => boolean;
  /** The whole path of a tool; the job's own PATH need not have it. Throws where it is missing. */
  readonly tool: (name: 'prlimit' | 'nice' | 'setpriv' | 'chroot' | 'setsid') => string;
}

/**
 * The command line that gives a process the attributes of its job and then executes `argv`, in
 * Upstart's order: terminal, limits, umask, oom score, nice, root, folder, user. Each is a small
 * program that replaces itself; without attributes nothing is added. What cannot be set up behind
 * them shows as an exit status, so setup-check.ts looks first.
 */
export function wrap(job: JobDefinition, argv: readonly string[], host: HostFacts): string[] {
  return [
    ...terminal(job, host),
    ...limits(job, host),
    ...maskAndScore(job),
    ...niceness(job, host),
    ...rootAndUser(job, host),
    ...argv,
  ];
}

/** It does not fork where it is no leader of a group, which is why that is left to it here. */
function terminal(job: JobDefinition, host: HostFacts): string[] {
  return job.console === 'owner' ? [host.tool('setsid'), '--ctty', '--'] : [];
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
  const nice = job.nice ?? (job.dialect === 'event.d' ? 0 : host.nice);
  return nice === host.nice ? [] : [host.tool('nice'), '-n', String(nice - host.nice), '--'];
}

function rootAndUser(job: JobDefinition, host: HostFacts): string[] {
  return job.chroot === undefined ? user(job, host) : root(job, job.chroot, host);
}

/** `setuid` alone also sets the user's primary group. */
function user({ setuid, setgid }: JobDefinition, host: HostFacts): string[] {
  const its = setuid === undefined ? undefined : host.user(setuid);
  const gid = setgid === undefined ? its?.gid : host.group(setgid);
  if (gid === undefined || host.isUs({ uid: its?.uid, gid })) return [];
  const rest = setuid === undefined ? ['--clear-groups'] : [`--reuid=${setuid}`, '--init-groups'];
  return [host.tool('setpriv'), `--regid=${gid}`, ...rest, '--'];
}

/** Names are looked up inside the new root, where `USER:` means the user's own group. */
function root(job: JobDefinition, chroot: string, host: HostFacts): string[] {
  const { chdir, setuid, setgid } = job;
  const noUser = setuid === undefined && setgid === undefined;
  const options = noUser ? [] : [`--userspec=${setuid ?? ''}:${setgid ?? ''}`];
  const folder =
    chdir === undefined || chdir === '/'
      ? []
      : ['/bin/sh', '-c', 'cd -- "$1" && shift && exec "$@"', '/bin/sh', chdir];
  return [host.tool('chroot'), ...options, '--', chroot, ...folder];
}
