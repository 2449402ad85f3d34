import { statSync } from 'node:fs';
import type { Environment } from '../model/environment.ts';
import type { JobDefinition } from '../model/job.ts';
import { whyNotExecuted } from './find-program.ts';
import { may, whyNoGroup, whyNoLimit, whyNoNice, whyNoScore, whyNoUser } from './host-rights.ts';
import { fileInRoot } from './inside-root.ts';
import type { Setup } from './setup-fault.ts';
import { findGroup, findUser, isUs } from './user-group.ts';

export interface Fault {
  readonly setup: Setup;
  readonly errno?: string;
}

export interface SetupCheck {
  readonly job: JobDefinition;
  readonly program: string;
  readonly environment: Environment;
}

/**
 * What of a job's process cannot be set up, in Upstart's order: the first fault. Asked before the
 * small programs of `wrap` are run, because they tell a fault by an exit status, which is then not
 * to be told from one of the job's.
 */
export function findFault(check: SetupCheck): Fault | undefined {
  const { job } = check;
  return (
    limitFault(job) ?? rootFault(job) ?? folderFault(job) ?? userFault(job) ?? programFault(check)
  );
}

function limitFault({ limits, nice, oomScore }: JobDefinition): Fault | undefined {
  for (const [resource, limit] of Object.entries(limits)) {
    const errno = whyNoLimit(resource, limit);
    if (errno !== undefined) return { setup: { what: 'limit', resource }, errno };
  }
  const noNice = nice === undefined ? undefined : whyNoNice(nice);
  if (noNice !== undefined) return { setup: { what: 'priority' }, errno: noNice };
  const noScore = oomScore === undefined || oomScore === 0 ? undefined : whyNoScore(oomScore);
  return noScore === undefined ? undefined : { setup: { what: 'oom' }, errno: noScore };
}

function rootFault({ chroot }: JobDefinition): Fault | undefined {
  if (chroot === undefined) return undefined;
  const errno = whyNoFolder(() => chroot) ?? (may('chroot') ? undefined : 'EPERM');
  return errno === undefined ? undefined : { setup: { what: 'root' }, errno };
}

export function folderFault({ chroot, chdir }: JobDefinition): Fault | undefined {
  if (chdir === undefined) return undefined;
  const errno = whyNoFolder(() => (chroot === undefined ? chdir : fileInRoot(chroot, chdir)));
  return errno === undefined ? undefined : { setup: { what: 'folder' }, errno };
}

function whyNoFolder(folder: () => string): string | undefined {
  try {
    return statSync(folder()).isDirectory() ? undefined : 'ENOTDIR';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

export function userFault({ setuid, setgid, chroot }: JobDefinition): Fault | undefined {
  const user = setuid === undefined ? undefined : findUser(setuid, chroot);
  if (setuid !== undefined && user === undefined) return { setup: { what: 'user-unknown' } };
  const group = setgid === undefined ? user?.gid : findGroup(setgid, chroot);
  if (setgid !== undefined && group === undefined) return { setup: { what: 'group-unknown' } };
  if (group === undefined || isUs({ uid: user?.uid, gid: group })) return undefined;
  const noGroup = whyNoGroup(group);
  if (noGroup !== undefined) return { setup: { what: 'group' }, errno: noGroup };
  const noUser = user === undefined ? undefined : whyNoUser(user.uid);
  return noUser === undefined ? undefined : { setup: { what: 'user' }, errno: noUser };
}

function programFault({ job, program, environment }: SetupCheck): Fault | undefined {
  const { chroot, chdir, setuid } = job;
  const host = {
    path: environment.get('PATH'),
    root: chroot,
    folder: chdir ?? (chroot === undefined ? process.cwd() : '/'),
    user: setuid === undefined ? undefined : findUser(setuid, chroot),
  };
  // Inside another root a shell changes the folder.
  const programs = chroot === undefined || chdir === undefined ? [program] : ['/bin/sh', program];
  for (const it of programs) {
    const errno = whyNotExecuted(it, host);
    if (errno !== undefined) return { setup: { what: 'execute', program: it }, errno };
  }
  return undefined;
}
