/**
 * Every failure that is not about job text, by code. A code is part of the public API: callers
 * switch on it, and the command line maps it to an exit status (cli/exit-codes.ts).
 */
export type ErrorCode =
  /** A job file or folder is missing or unreadable. */
  | 'job-file-missing'
  /** A job file has errors, or asks for what cannot be. */
  | 'job-invalid'
  /** No job of that name, or none that an event starts. */
  | 'job-unknown'
  /** No domain of that name runs, or several do. */
  | 'domain-unknown'
  /** No run of that number or name is in the journal, or several are. */
  | 'run-unknown'
  /** No file of that name is in a spool. */
  | 'file-unknown'
  /** A command changes nothing: the job already runs, is stopped, or has no such instance. */
  | 'job-unchanged'
  /** `start`, `stop` or `restart` was begun, and the job failed before it was done. */
  | 'job-failed'
  /** A job that an event started or stopped failed, and the event with it. */
  | 'event-failed'
  /** A variable that `instance` or a path needs is not set, or an expansion is malformed. */
  | 'variable-missing'
  /** A file that the job wants in its image, or the journal, does not exist or cannot be read. */
  | 'file-missing'
  /** The base of an image is not in the cache, and none was to be made now. */
  | 'base-missing'
  /** A tar is malformed or cut off, or holds what is not taken out of it. */
  | 'archive-invalid'
  /** QEMU, a kernel, busybox or a tool is missing and could not be fetched. */
  | 'host-incapable'
  /** The domain could not be created, or never came to its init. */
  | 'boot-failed'
  /** Neither the guest nor we ended it: its hypervisor failed, or somebody did. */
  | 'domain-lost'
  /** The guest's kernel panicked, or a `console fail` pattern was seen. */
  | 'guest-failed'
  /** `timeout` passed. */
  | 'deadline-passed'
  /** No space, no permission, a disk that fails: the host's file system said no. */
  | 'host-io'
  /** No space for what has to be kept in the journal. */
  | 'no-room'
  /** The journal cannot be opened, read or written for another reason. */
  | 'journal-failed'
  /** A job's forks or stops do not match what its `expect` says. */
  | 'expect-unmet'
  /** No daemon answers on the control socket, or it went away. */
  | 'daemon-unreachable'
  /** Another daemon has the control socket. */
  | 'daemon-running'
  /** What came over the control socket is no message of ours. */
  | 'protocol-broken'
  /** What a job does starts it again, over and over. */
  | 'event-loop'
  /** Somebody has changed by hand what was installed in a guest. */
  | 'guest-changed'
  /** Somebody stopped it before it was done. */
  | 'cancelled'
  /** The job asks for something this version or this host's driver does not do. */
  | 'not-supported'
  /** A defect of Domstart itself. */
  | 'internal';

export interface ErrorOptions {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** What could not be done, to what, and why; `hint` says what to do next. */
export class DomstartError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DomstartError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The error as a DomstartError, whatever was thrown. */
export function toDomstartError(error: unknown, code: ErrorCode = 'internal'): DomstartError {
  if (error instanceof DomstartError) return error;
  const errno = (error as NodeJS.ErrnoException | undefined)?.code;
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new DomstartError('host-io', `no space left: ${messageOf(error)}`, {
      hint: 'free some space, or set DOMSTART_CACHE and DOMSTART_RUN to folders on another disk',
      cause: error,
    });
  }
  if (errno === 'EACCES' || errno === 'EPERM' || errno === 'EIO' || errno === 'EROFS') {
    return new DomstartError('host-io', messageOf(error), { cause: error });
  }
  return new DomstartError(code, messageOf(error), { cause: error });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
