import type { OpenJournalFile } from './open-database.ts';

/** What a journal keeps. Spool files that are not over are always kept, and so are runs that go on. */
export interface JournalLimits {
  readonly days: number;
  readonly events: number;
  readonly runs: number;
  readonly spoolFiles: number;
  readonly bytes: number;
}

export const JOURNAL_LIMITS: JournalLimits = {
  days: 30,
  events: 100_000,
  runs: 20_000,
  spoolFiles: 100_000,
  bytes: 64 * 2 ** 20,
};

/** Rows of each table that one step looks at. It takes about ten milliseconds. */
const STEP = 500;

const DAY_MS = 24 * 60 * 60 * 1000;

interface Table {
  readonly name: 'events' | 'runs' | 'spool_files';
  readonly limit: 'events' | 'runs' | 'spoolFiles';
  readonly at: string;
  /** Of the rows that may go. */
  readonly may: string;
}

const TABLES: readonly Table[] = [
  { name: 'events', limit: 'events', at: 'at', may: 'true' },
  { name: 'runs', limit: 'runs', at: 'coalesce(ended_at, started_at)', may: 'result IS NOT NULL' },
  {
    name: 'spool_files',
    limit: 'spoolFiles',
    at: 'coalesce(ended_at, claimed_at)',
    may: "step = 'over'",
  },
];

/** Removes some of what is too old or too much; true where more is left. In a transaction. */
export function pruneStep(
  journal: OpenJournalFile,
  { limits, now }: { readonly limits: JournalLimits; readonly now: number },
): boolean {
  const tooLarge = bytesOf(journal) > limits.bytes;
  const before = now - limits.days * DAY_MS;
  const removed = TABLES.map((table) => {
    // Ids have few gaps, and counting would read the whole table.
    const upTo = newestOf(journal, table) - limits[table.limit];
    return prune(journal, table, { before, upTo, tooLarge });
  });
  return removed.includes(STEP);
}

/** Gives the room of what was removed back to the disk. Not in a transaction. */
export function shrink({ database }: OpenJournalFile): void {
  database.exec(`PRAGMA incremental_vacuum(${STEP})`);
}

interface Bounds {
  readonly before: number;
  readonly upTo: number;
  readonly tooLarge: boolean;
}

/** Only the oldest are looked at: they are the first that are too old. */
function prune(journal: OpenJournalFile, table: Table, bounds: Bounds): number {
  const { name, at, may } = table;
  const rows = journal
    .prepare(
      `DELETE FROM ${name} WHERE rowid IN (SELECT id FROM
        (SELECT rowid AS id, ${at} AS at FROM ${name} WHERE ${may} ORDER BY rowid LIMIT ${STEP})
        WHERE at < ? OR id <= ? OR ?) RETURNING rowid AS id`,
    )
    .all(bounds.before, bounds.upTo, Number(bounds.tooLarge));
  if (name === 'runs') {
    const forget = journal.prepare('DELETE FROM phases WHERE run = ?');
    for (const { id } of rows) forget.run(id as number);
  }
  return rows.length;
}

function newestOf(journal: OpenJournalFile, { name }: Table): number {
  return Number(journal.prepare(`SELECT max(rowid) AS id FROM ${name}`).get()?.['id'] ?? 0);
}

function bytesOf(journal: OpenJournalFile): number {
  const read = (name: string) => Number(journal.prepare(`PRAGMA ${name}`).get()?.[name]);
  return (read('page_count') - read('freelist_count')) * read('page_size');
}
