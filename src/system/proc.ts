import { readFileSync, readlinkSync } from 'node:fs';

/** Linux tells times in /proc in hundredths of a second on every architecture that Node runs on. */
export const TICKS_PER_SECOND = 100;

/** Fields of /proc/PID/stat from the third on; the second, the name, may hold anything. */
function readStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** When a process started, in ticks since boot: with its pid it names it for good. */
export function startTimeOf(pid: number): string | undefined {
  const fields = readStat(pid);
  // A zombie does nothing any more.
  return fields === undefined || fields[0] === 'Z' ? undefined : fields[19];
}

/**
 * The session of a process: the pid of the process that began it. Undefined where that is in
 * another namespace of pids, or the process just goes.
 */
export function sessionOf(pid: number): number | undefined {
  return ownNumber(readStat(pid)?.[3]);
}

/** The process group of a process: all of it is in one session. Undefined as with `sessionOf`. */
export function groupOf(pid: number): number | undefined {
  return ownNumber(readStat(pid)?.[2]);
}

/**
 * The kernel writes 0 for what is in another namespace and -1 while a process goes, and as targets
 * of a signal 0, -1 and the group of 1 mean others than that process.
 */
function ownNumber(field: string | undefined): number | undefined {
  const number = Number(field);
  return number > 1 ? number : undefined;
}

/** Processor seconds that a process has used, in user and kernel mode, all threads. */
export function processorSecondsOf(pid: number): number | undefined {
  const fields = readStat(pid);
  if (fields === undefined) return undefined;
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The argument vector of a process; empty where it is gone or not ours to see. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** One that begins so is in the environment that it was executed with. */
export function hasVariable(pid: number, beginning: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return environment.some((variable) => variable.startsWith(beginning));
  } catch {
    return false;
  }
}

/** A pid says something only among the processes of the same namespace. */
export function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
}
