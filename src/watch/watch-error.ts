import { readFileSync } from 'node:fs';
import { DomstartError, messageOf } from '../model/errors.ts';

/** The kernel's limits belong to the user, not to one folder: they are told once for all. */
export function isLimit(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM';
}

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** `seconds`: how often the folder is looked at now that the kernel does not tell. */
export function watchError(folder: string, error: unknown, seconds: number): DomstartError {
  const instead = `it is looked at every ${seconds} s instead`;
  return new DomstartError('host-io', `cannot watch ${folder}: ${reason(error)}; ${instead}`, {
    hint: hintFor(error),
    cause: error,
  });
}

function reason(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOSPC':
      return 'this user has no inotify watch left';
    case 'EMFILE':
      return 'this user has no inotify instance, or this process no file descriptor left';
    default:
      return messageOf(error);
  }
}

function hintFor(error: unknown): string | undefined {
  switch (codeOf(error)) {
    case 'ENOSPC':
      return raise('max_user_watches', 524_288);
    case 'EMFILE':
      return `${raise('max_user_instances', 1024)}, or the limit of open files (ulimit -n)`;
    case 'EACCES':
    case 'EPERM':
      return 'let the user that runs Domstart read the folder';
    default:
      return undefined;
  }
}

function raise(setting: string, value: number): string {
  return `raise fs.inotify.${setting}${current(setting)}: sysctl fs.inotify.${setting}=${value}`;
}

function current(setting: string): string {
  try {
    return ` (now ${readFileSync(`/proc/sys/fs/inotify/${setting}`, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
