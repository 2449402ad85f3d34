import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { takeFile } from '../system/exclusive-file.ts';
import { type Fault, faultOf } from './faults.ts';
import { type OpenJournalFile, openDatabase, prepareStateFolder } from './open-database.ts';
import { setAside } from './set-aside.ts';

export interface ConnectionOptions {
  readonly file: string;
  readonly onProblem: (error: DomstartError) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface TransactOptions {
  /** False: it stays when this process is killed, and may be lost when the host is. */
  readonly synced: boolean;
}

/**
 * The journal, opened anew whenever that is needed: a damaged one is set aside, one that was removed
 * or set aside by another process is left, and one that could not be opened is tried again. So work
 * may be called twice, and must have no effects but in the journal.
 *
 * All throw `no-room` and `journal-failed`.
 */
export interface Connection extends Disposable {
  open(): void;
  /** Does all of it, or nothing. */
  transact<T>(work: (journal: OpenJournalFile) => T, options: TransactOptions): T;
  /** Reads; or changes what cannot be in a transaction. */
  use<T>(work: (journal: OpenJournalFile) => T): T;
}

/** As long as another process may take to look through it. */
const LOCK_MS = 10_000;

export function createConnection({ file, onProblem, now }: ConnectionOptions): Connection {
  let opened: OpenJournalFile | undefined;
  let isSynced = true;

  function close(): void {
    // SQLite leaves the `-wal` alone where another file is at its place now.
    opened?.[Symbol.dispose]();
    opened = undefined;
    isSynced = true;
  }

  function open(): OpenJournalFile {
    if (opened !== undefined && inodeOf(file) === opened.inode) return opened;
    close();
    prepareStateFolder(dirname(file));
    // Of those that begin at one moment, one makes it, sets it aside or looks through it.
    using lock = takeFile(`${file}.lock`, { patience: LOCK_MS });
    if (lock === undefined) throw held(file);
    try {
      opened = openDatabase(file);
    } catch (error) {
      const fault = faultOf(error, file);
      if (fault.kind === 'failed') throw fault.error;
      putAside(fault.why);
      opened = openDatabase(file);
    }
    return opened;
  }

  function putAside(why: string): void {
    const aside = setAside(file, new Date(now()));
    onProblem(
      new DomstartError(
        'journal-failed',
        `the journal ${file} is damaged (${why}); it is at ${aside} now, and a new one is begun`,
        {
          hint: `\`sqlite3 ${aside} .recover\` shows what can still be read; remove it when you like`,
        },
      ),
    );
  }

  /** What was damaged may be another process's new one by now. */
  function leaveDamaged({ inode }: OpenJournalFile, why: string): void {
    using lock = takeFile(`${file}.lock`, { patience: LOCK_MS });
    if (lock === undefined) throw held(file);
    if (inodeOf(file) === inode) putAside(why);
    close();
  }

  function attempt<T>(work: (journal: OpenJournalFile) => T): T {
    const journal = explained(file, open);
    try {
      return work(journal);
    } catch (error) {
      const fault = faultOf(error, file);
      if (fault.kind === 'failed') throw fault.error;
      return explained(file, () => {
        leaveDamaged(journal, fault.why);
        return work(open());
      });
    }
  }

  function synchronise(journal: OpenJournalFile, synced: boolean): void {
    if (synced === isSynced) return;
    journal.database.exec(`PRAGMA synchronous = ${synced ? 'FULL' : 'NORMAL'}`);
    isSynced = synced;
  }

  return {
    open: () => void attempt(() => {}),
    use: attempt,
    transact: (work, { synced }) =>
      attempt((journal) => {
        synchronise(journal, synced);
        return inTransaction(journal, work);
      }),
    [Symbol.dispose]: close,
  };
}

function inTransaction<T>(journal: OpenJournalFile, work: (journal: OpenJournalFile) => T): T {
  const { database } = journal;
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work(journal);
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // Some failures have ended it already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function explained<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw errorOf(faultOf(error, file), file);
  }
}

function errorOf(fault: Fault, file: string): DomstartError {
  if (fault.kind === 'failed') return fault.error;
  return new DomstartError('journal-failed', `the journal ${file} is damaged: ${fault.why}`, {
    hint: 'look after the disk, and name a folder on another one with --state',
  });
}

function held(file: string): DomstartError {
  return new DomstartError('journal-failed', `another process holds the journal ${file}`, {
    hint: `\`fuser ${file}.lock\` names it`,
  });
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
