/**
 * What a host remembers: events, runs and their phases for people, and what a spool needs so that a
 * crash loses nothing. One SQLite database in the state folder, which daemons and spools share. What
 * is true of the host is asked of the host: a journal that is lost costs history, and no domain.
 */
import { join } from 'node:path';
import type { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { SpoolJournal } from '../ports/spool-journal.ts';
import { createCommits } from './commits.ts';
import { createConnection } from './connection.ts';
import { interruptLeftRuns } from './interrupted.ts';
import { NewerJournal } from './open-database.ts';
import { JOURNAL_LIMITS, type JournalLimits } from './prune.ts';
import { createPruning } from './pruning.ts';
import { createRunLog, type RunLog } from './run-log.ts';
import { createSpoolFiles } from './spool-files.ts';
import { ownWriter } from './writer.ts';

export interface JournalOptions {
  /** The state folder; made where it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  /**
   * A damaged journal was set aside, or records cannot be written. That is told once, and tried
   * again until it goes.
   */
  readonly onProblem: (error: DomstartError) => void;
  /** Milliseconds since 1970. Default: the host's time. */
  readonly now?: () => number;
  readonly limits?: Partial<JournalLimits>;
}

export interface Journal extends AsyncDisposable {
  readonly spoolFiles: SpoolJournal;
  readonly runLog: RunLog;
}

export const JOURNAL_FILE = 'journal.db';

/**
 * Opens the journal of a state folder, or begins one. One that cannot be opened now is told of and
 * tried again; of a later version of Domstart it rejects with `journal-failed`.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { clock, onProblem, now = Date.now } = options;
  const file = join(options.folder, JOURNAL_FILE);
  const connection = createConnection({ file, onProblem, now });
  const writer = ownWriter();
  const limits = { ...JOURNAL_LIMITS, ...options.limits };
  try {
    connection.open();
  } catch (error) {
    if (error instanceof NewerJournal) throw error;
    // Told by the first that is to be written.
  }
  const pruning = createPruning({ connection, clock, limits, now });
  const commits = createCommits({ connection, clock, onProblem, onWritten: pruning.grown });
  commits.later(interruptLeftRuns);
  commits.flush();
  return {
    spoolFiles: createSpoolFiles({ connection, commits }),
    runLog: createRunLog({ commits, writer }),
    async [Symbol.asyncDispose]() {
      commits.close();
      pruning[Symbol.dispose]();
      connection[Symbol.dispose]();
    },
  };
}
