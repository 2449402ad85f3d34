import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { JobDefinition } from '../model/job.ts';
import { may } from './host-rights.ts';
import { openOutputPipe } from './output-pipe.ts';

/** The standard descriptors of a process (UPSTART.md, section 21). */
export interface Console {
  readonly stdio: readonly ['ignore' | number, 'ignore' | number, 'ignore' | number];
  /** Where what it writes is read, and whether it also belongs into the log. */
  readonly reading?: { readonly input: number; readonly logged: boolean };
  /** That the console could not be had, and why: a line for the report. */
  readonly missing?: string;
  /** Closes what only the process needs. */
  close(): void;
}

export const DEFAULT_DEVICE = '/dev/console';

/** Throws what `open` throws: for `console owner`, and where there are no descriptors left. */
export function openConsole(job: JobDefinition, device: string | null): Console {
  const mode = job.console ?? (job.dialect === 'event.d' ? 'none' : 'log');
  switch (mode) {
    case 'none':
      return { stdio: ['ignore', 'ignore', 'ignore'], close() {} };
    case 'log':
    case 'logged':
      return readConsole({ logged: true });
    case 'output':
      return outputConsole(device);
    case 'owner':
      return deviceConsole(openTerminal(device ?? DEFAULT_DEVICE));
  }
}

function readConsole({ logged }: { readonly logged: boolean }): Console {
  const { input, output } = openOutputPipe();
  return {
    stdio: ['ignore', output, output],
    reading: { input, logged },
    close: () => closeSync(output),
  };
}

/** Where the console is not ours, its lines are taken all the same. */
function outputConsole(device: string | null): Console {
  if (device === null) return readConsole({ logged: false });
  try {
    return deviceConsole(openDevice(device));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'EIO';
    const missing = `${device} cannot be opened (${reason}): its output is shown here`;
    return { ...readConsole({ logged: false }), missing };
  }
}

function deviceConsole(fd: number): Console {
  return { stdio: [fd, fd, fd], close: () => closeSync(fd) };
}

/** It must not become the terminal of this process. */
function openDevice(device: string): number {
  return openSync(device, constants.O_RDWR | constants.O_NOCTTY);
}

/** `setsid --ctty` would tell by its exit status that it cannot have the terminal. */
function openTerminal(device: string): number {
  const fd = openDevice(device);
  const errno = !isatty(fd)
    ? 'ENOTTY'
    : isTaken(fstatSync(fd).rdev) && !may('admin')
      ? 'EPERM'
      : undefined;
  if (errno === undefined) return fd;
  closeSync(fd);
  throw Object.assign(new Error(`cannot own ${device}`), { code: errno });
}

/** It is the terminal of another session; only root may take it away. */
function isTaken(rdev: number): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[4]) === rdev;
    } catch {
      return false;
    }
  });
}
