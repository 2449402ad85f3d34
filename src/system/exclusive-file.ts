import { chmodSync } from 'node:fs';
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
