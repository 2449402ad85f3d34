import { chmodSync, readFileSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a file for this process alone; undefined where another one has it. The kernel gives it back
 * when the process is gone, however it went. Node has no lock of its own, but its SQLite does.
 * Nothing else of this process goes on for the milliseconds of `patience`.
 */
export function takeFile(
  path: string,
  { patience = PATIENCE_MS }: { readonly patience?: number } = {},
): Disposable | undefined {
  // Two who begin at the same moment get into each other's way for as long as one takes.
  const database = new DatabaseSync(path, { timeout: patience });
  // Whoever can read it can lock it.
  chmodSync(path, 0o600);
  try {
    // No journal: nothing is ever written, and no second file may lie about.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { readonly errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}

const SQLITE_BUSY = 5;
const PATIENCE_MS = 300;

/** The process that has taken it; undefined where none has, or one that cannot be seen from here. */
export function holderOf(path: string): number | undefined {
  try {
    // The device is left aside: some file systems tell another one to stat than to the kernel.
    const { ino } = statSync(path);
    const lock = /^\d+: POSIX +ADVISORY +WRITE +(\d+) [^: ]+:[^: ]+:(\d+) /;
    const found = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .map((line) => lock.exec(line))
      .find((match) => Number(match?.[2]) === ino);
    const pid = Number(found?.[1]);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}
