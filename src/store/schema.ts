import type { DatabaseSync } from 'node:sqlite';

/**
 * What makes each version out of the one before, the first out of nothing. One that was released is
 * never changed: journals of it are about. test/store/fixtures has a journal of each.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    instance TEXT NOT NULL,
    writer TEXT NOT NULL,            -- the process that records it (writer.ts)
    result TEXT,                     -- ok, failed, interrupted; NULL: it goes on
    exit_status INTEGER,
    exit_signal TEXT,
    failed_process TEXT,
    error_code TEXT,
    error_message TEXT,
    error_hint TEXT,
    started_at INTEGER NOT NULL,     -- all times: milliseconds since 1970
    ended_at INTEGER,
    facts TEXT                       -- a JSON object
  );
  CREATE INDEX runs_by_name ON runs (job, instance);
  CREATE INDEX runs_going_on ON runs (writer) WHERE result IS NULL;

  CREATE TABLE phases (
    run INTEGER NOT NULL,
    place INTEGER NOT NULL,
    phase TEXT NOT NULL,
    ms REAL NOT NULL,
    PRIMARY KEY (run, place)
  ) WITHOUT ROWID;

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    serial INTEGER NOT NULL,         -- of its daemon's engine: begins anew with each
    name TEXT NOT NULL,
    variables TEXT NOT NULL,         -- a JSON array of [name, value]
    at INTEGER NOT NULL,
    failed INTEGER,                  -- NULL: it is not finished
    run INTEGER                      -- whose event it is, where it is a run's
  );
  CREATE INDEX events_of_run ON events (run) WHERE run IS NOT NULL;

  CREATE TABLE spool_files (
    run TEXT PRIMARY KEY,
    spool TEXT NOT NULL,
    name BLOB NOT NULL,
    job TEXT NOT NULL,
    step TEXT NOT NULL,              -- claimed, ended, over
    attempt INTEGER NOT NULL,
    outcome TEXT,
    target BLOB,
    reason TEXT,
    claimed_at INTEGER NOT NULL,
    ended_at INTEGER
  );
  CREATE INDEX spool_files_unfinished ON spool_files (spool, claimed_at) WHERE step <> 'over';
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Brings it up to `to`: all of it, or nothing. */
export function migrate(database: DatabaseSync, to: number = SCHEMA_VERSION): void {
  const from = versionOf(database);
  if (from >= to) return;
  database.exec('BEGIN IMMEDIATE');
  for (const migration of MIGRATIONS.slice(from, to)) database.exec(migration);
  database.exec(`PRAGMA user_version = ${to}; COMMIT`);
}
