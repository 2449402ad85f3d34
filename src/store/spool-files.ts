import type { SpoolEntry, SpoolJournal } from '../ports/spool-journal.ts';
import type { Commits } from './commits.ts';
import type { Connection } from './connection.ts';

/** `target` and the like may be gone again: all of the row is the new one. Its place among all stays. */
const KEEP = `
  INSERT INTO spool_files
    (run, spool, name, job, step, attempt, outcome, target, reason, claimed_at, ended_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (run) DO UPDATE SET
    spool = excluded.spool, name = excluded.name, job = excluded.job, step = excluded.step,
    attempt = excluded.attempt, outcome = excluded.outcome, target = excluded.target,
    reason = excluded.reason, claimed_at = excluded.claimed_at, ended_at = excluded.ended_at`;

const FORGET = 'DELETE FROM spool_files WHERE run = ?';

const UNFINISHED = `
  SELECT * FROM spool_files WHERE spool = ? AND step <> 'over' ORDER BY claimed_at, rowid`;

export function createSpoolFiles(options: {
  readonly connection: Connection;
  readonly commits: Commits;
}): SpoolJournal {
  const { connection, commits } = options;

  function writeOf(entry: SpoolEntry): Parameters<Commits['later']>[0] {
    const { run, spool, name, job, step, attempt, claimedAt } = entry;
    const { outcome = null, target = null, reason = null, endedAt = null } = entry;
    const fixed = [run, spool, name, job, step, attempt] as const;
    return (journal) => {
      journal.prepare(KEEP).run(...fixed, outcome, target, reason, claimedAt, endedAt);
    };
  }

  return {
    keep: (entry) => commits.soon(writeOf(entry)),
    note: (entry) => commits.later(writeOf(entry)),
    forget: (run) =>
      commits.soon((journal) => {
        journal.prepare(FORGET).run(run);
      }),
    unfinished: (spool) =>
      connection.use((journal) => journal.prepare(UNFINISHED).all(spool).map(entryOf)),
  };
}

function entryOf(row: Record<string, unknown>): SpoolEntry {
  const { outcome, target, reason, ended_at: endedAt } = row;
  return {
    run: row['run'] as string,
    spool: row['spool'] as string,
    name: row['name'] as Uint8Array,
    job: row['job'] as string,
    step: row['step'] as SpoolEntry['step'],
    attempt: row['attempt'] as number,
    ...(outcome === null ? {} : { outcome: outcome as 'done' | 'failed' }),
    ...(target === null ? {} : { target: target as Uint8Array }),
    ...(reason === null ? {} : { reason: reason as string }),
    claimedAt: row['claimed_at'] as number,
    ...(endedAt === null ? {} : { endedAt: endedAt as number }),
  };
}
