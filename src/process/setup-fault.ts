import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { DomstartError, type ErrorCode, messageOf } from '../model/errors.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';

/** What of a process could not be set up. */
export type Setup =
  | { readonly what: 'fork' }
  | { readonly what: 'console'; readonly device: string }
  | { readonly what: 'limit'; readonly resource: string }
  | { readonly what: 'priority' }
  | { readonly what: 'oom' }
  | { readonly what: 'root' }
  | { readonly what: 'folder' }
  | { readonly what: 'user-unknown' }
  | { readonly what: 'group-unknown' }
  | { readonly what: 'user' }
  | { readonly what: 'group' }
  | { readonly what: 'execute'; readonly program: string };

export interface SetupFaultOptions {
  readonly job: JobDefinition;
  readonly process: ProcessName;
  readonly setup: Setup;
  /** `ENOENT` …; absent where no call failed. */
  readonly errno?: string | undefined;
  readonly cause?: unknown;
}

/** A process that could not be set up, in our words; its cause has Upstart's. */
export function setupFault(options: SetupFaultOptions): DomstartError {
  const { job, process, setup, errno, cause } = options;
  const { code, message, hint } = told(options);
  return new DomstartError(code, `cannot run ${job.name} ${process}: ${message}`, {
    hint,
    cause: new Error(upstartText(setup, errno), cause === undefined ? {} : { cause }),
  });
}

/** Not for want of processes or descriptors, but because the job asks for what cannot be. */
export function isSetupFault(error: unknown): error is DomstartError {
  const cause = error instanceof DomstartError ? error.cause : undefined;
  return cause instanceof Error && /^unable to (?!fork)/.test(cause.message);
}

/** Upstart's words (init/job_process.c). */
function upstartText(setup: Setup, errno: string | undefined): string {
  const reason = errno === undefined ? 'Unknown error' : systemText(errno);
  switch (setup.what) {
    case 'fork':
      return `unable to fork: ${reason}`;
    case 'console':
      return `unable to open console: ${reason}`;
    case 'limit':
      return `unable to set "${setup.resource}" resource limit: ${reason}`;
    case 'priority':
      return `unable to set priority: ${reason}`;
    case 'oom':
      return `unable to set oom adjustment: ${reason}`;
    case 'root':
      return `unable to change root directory: ${reason}`;
    case 'folder':
      return `unable to change working directory: ${reason}`;
    case 'user-unknown':
      return 'unable to find setuid user';
    case 'group-unknown':
      return 'unable to find setgid group';
    case 'user':
      return `unable to setuid: ${reason}`;
    case 'group':
      return `unable to setgid: ${reason}`;
    case 'execute':
      return `unable to execute: ${reason}`;
  }
}

interface Told {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

function told({ job, setup, errno, cause }: SetupFaultOptions): Told {
  const { chroot, chdir, setuid, setgid, nice, oomScore } = job;
  const inRoot = chroot === undefined ? '' : ` in ${chroot}`;
  const where = chroot === undefined ? 'this host' : chroot;
  const reason = errno === undefined ? messageOf(cause) : `${errno}, ${systemText(errno)}`;
  const asRoot = 'run Domstart as root, or take the stanza out';
  switch (setup.what) {
    case 'fork':
      return {
        code: 'host-io',
        message: `this host gives no more processes or descriptors (${reason})`,
        hint: 'see `ulimit -u` and `ulimit -n`, and what else runs',
      };
    case 'console':
      return {
        code: 'host-io',
        message: `${setup.device} cannot be its console (${reason})`,
        hint: '`console owner` wants a terminal that no other session has',
      };
    case 'limit':
      return {
        code: 'host-incapable',
        message: `its limit ${setup.resource} cannot be set (${reason})`,
        hint: 'only root may raise a hard limit; soft must not be over hard',
      };
    case 'priority':
      return {
        code: 'host-incapable',
        message: `it cannot have nice ${nice} (${reason})`,
        hint: asRoot,
      };
    case 'oom':
      return {
        code: 'host-incapable',
        message: `it cannot have oom score ${oomScore} (${reason})`,
        hint: asRoot,
      };
    case 'root':
      return errno === 'ENOENT'
        ? {
            code: 'file-missing',
            message: `there is no folder ${chroot}`,
            hint: `create it, or correct "chroot ${chroot}"`,
          }
        : {
            code: 'host-incapable',
            message: `${chroot} cannot be its root (${reason})`,
            hint: 'chroot wants a folder, and root',
          };
    case 'folder':
      return errno === 'ENOENT'
        ? {
            code: 'file-missing',
            message: `there is no folder ${chdir}${inRoot}`,
            hint: `create it, or correct "chdir ${chdir}"`,
          }
        : {
            code: 'host-io',
            message: `it cannot go into ${chdir}${inRoot} (${reason})`,
            hint: `correct "chdir ${chdir}"`,
          };
    case 'user-unknown':
      return {
        code: 'host-incapable',
        message: `${where} has no such user ${setuid}`,
        hint: `create the user, or correct "setuid ${setuid}"`,
      };
    case 'group-unknown':
      return {
        code: 'host-incapable',
        message: `${where} has no such group ${setgid}`,
        hint: `create the group, or correct "setgid ${setgid}"`,
      };
    case 'user':
    case 'group':
      return {
        code: 'host-incapable',
        message: `it cannot run as another user or group (${reason})`,
        hint:
          errno === 'EINVAL'
            ? 'the user namespace that Domstart runs in has no such id: map it, or take the stanza out'
            : asRoot,
      };
    case 'execute':
      return notExecuted(setup.program, inRoot, errno, reason);
  }
}

function notExecuted(
  program: string,
  inRoot: string,
  errno: string | undefined,
  reason: string,
): Told {
  switch (errno) {
    case 'ENOENT':
      return {
        code: 'file-missing',
        message: `there is no program "${program}"${inRoot}`,
        hint: 'install it, or give its whole path; what its first line names must be there as well',
      };
    case 'EACCES':
      return {
        code: 'host-io',
        message: `"${program}"${inRoot} may not be executed (EACCES)`,
        hint: `see its mode, and who runs it: chmod +x ${program}`,
      };
    case 'E2BIG':
      return {
        code: 'host-io',
        message: 'its command and variables are too long',
        hint: 'Linux takes 128 KiB in one argument or variable; put what is long into a file',
      };
    default:
      return { code: 'host-io', message: reason };
  }
}

/** As the C library says it. */
function systemText(errno: string): string {
  const number = constants.errno[errno as keyof typeof constants.errno];
  const text = getSystemErrorMessage(-number);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
