import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Variable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import { faultOf } from './faults.ts';
import { JOURNAL_FILE } from './journal.ts';
import { currentVersionOf } from './open-database.ts';
import { SCHEMA_VERSION } from './schema.ts';
import { isThere } from './writer.ts';

/** A run as the journal has it. Times are milliseconds since 1970. */
export interface RunRow {
  readonly run: number;
  readonly job: string;
  readonly instance: string;
  /** `interrupted`: its daemon was gone before it ended. */
  readonly result: 'running' | 'ok' | 'failed' | 'interrupted';
  readonly exitStatus?: number;
  readonly exitSignal?: string;
  readonly failedProcess?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly startedAt: number;
  readonly endedAt?: number;
}

/** All that is known of one run. */
export interface WholeRun extends RunRow {
  readonly facts: Readonly<Record<string, string | number>>;
  readonly phases: readonly { readonly phase: string; readonly ms: number }[];
  /** Its own ones, in order. */
  readonly events: readonly EventRow[];
}

interface EventRow {
  readonly name: string;
  readonly variables: readonly Variable[];
  readonly at: number;
  /** Absent where it was not finished. */
  readonly failed?: boolean;
}

/** A look into a journal, whether or not a daemon writes to it. Nothing in it is changed. */
export interface JournalReader extends Disposable {
  /** The newest first. */
  runs(options: { readonly job?: string; readonly limit: number }): readonly RunRow[];
  /** By its number, or by the name of an instance of which there is one run. Throws `run-unknown`. */
  run(which: string): WholeRun;
}

const BUSY_MS = 5000;

/** Throws `file-missing` where there is none, and `journal-failed`. */
export function readJournal(folder: string): JournalReader {
  const file = join(folder, JOURNAL_FILE);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) throw noJournal(file);
  const database = explained(file, () => open(file));
  const all = (sql: string, ...values: SQLInputValue[]) =>
    explained(file, () => database.prepare(sql).all(...values));
  return {
    runs({ job, limit }) {
      const rows =
        job === undefined
          ? all('SELECT * FROM runs ORDER BY id DESC LIMIT ?', limit)
          : all('SELECT * FROM runs WHERE job = ? ORDER BY id DESC LIMIT ?', job, limit);
      return rows.map(runOf);
    },
    run(which) {
      const row = oneOf(
        which,
        /^\d+$/.test(which) ? all('SELECT * FROM runs WHERE id = ?', Number(which)) : [],
        () => all('SELECT * FROM runs WHERE instance = ? ORDER BY id DESC', which),
      );
      const run = row['id'] as number;
      return {
        ...runOf(row),
        facts: JSON.parse((row['facts'] as string | null) ?? '{}'),
        phases: all('SELECT phase, ms FROM phases WHERE run = ? ORDER BY place', run).map(
          ({ phase, ms }) => ({ phase: phase as string, ms: ms as number }),
        ),
        events: all('SELECT * FROM events WHERE run = ? ORDER BY id', run).map(eventOf),
      };
    },
    [Symbol.dispose]: () => database.close(),
  };
}

type Row = Record<string, unknown>;

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  try {
    const version = currentVersionOf(database, file);
    if (version === SCHEMA_VERSION) return database;
    throw new DomstartError('journal-failed', `the journal ${file} is of an earlier Domstart`, {
      hint: 'the daemon brings it up to date when it starts',
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

function oneOf(which: string, byNumber: readonly Row[], byInstance: () => readonly Row[]): Row {
  const found = byNumber.length > 0 || which === '' ? byNumber : byInstance();
  const [one, ...others] = found;
  if (one === undefined) {
    throw new DomstartError('run-unknown', `no run ${which} is in the journal`, {
      hint: '`domstart history` shows those that are; old ones are removed',
    });
  }
  if (others.length === 0) return one;
  const some = found.slice(0, 5).map(({ id }) => id);
  const more = found.length > some.length ? ', …' : '';
  throw new DomstartError('run-unknown', `the instance ${which} has run ${found.length} times`, {
    hint: `name one by its number, the newest first: ${some.join(', ')}${more}`,
  });
}

function runOf(row: Row): RunRow {
  const text = (name: string) => (row[name] ?? undefined) as string | undefined;
  const [code, message, hint] = [text('error_code'), text('error_message'), text('error_hint')];
  const [exitSignal, failedProcess] = [text('exit_signal'), text('failed_process')];
  const { exit_status: exitStatus, ended_at: endedAt, result } = row;
  const goesOn = () => (isThere(row['writer'] as string) ? 'running' : 'interrupted');
  return {
    run: row['id'] as number,
    job: row['job'] as string,
    instance: row['instance'] as string,
    result: (result as RunRow['result'] | null) ?? goesOn(),
    ...(exitStatus === null ? {} : { exitStatus: exitStatus as number }),
    ...(exitSignal === undefined ? {} : { exitSignal }),
    ...(failedProcess === undefined ? {} : { failedProcess }),
    ...(code === undefined
      ? {}
      : { error: { code, message: message ?? '', ...(hint === undefined ? {} : { hint }) } }),
    startedAt: row['started_at'] as number,
    ...(endedAt === null ? {} : { endedAt: endedAt as number }),
  };
}

function eventOf({ name, variables, at, failed }: Row): EventRow {
  const pairs: [string, string][] = JSON.parse(variables as string);
  return {
    name: name as string,
    variables: pairs.map(([name, value]) => ({ name, value })),
    at: at as number,
    ...(failed === null ? {} : { failed: failed === 1 }),
  };
}

function noJournal(file: string): DomstartError {
  return new DomstartError('file-missing', `no journal: ${file} does not exist`, {
    hint: 'a daemon keeps one; where it has another state folder, name that with --state DIR or DOMSTART_STATE',
  });
}

function explained<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const fault = faultOf(error, file);
    if (fault.kind === 'failed') throw fault.error;
    throw new DomstartError('journal-failed', `the journal ${file} is damaged: ${fault.why}`, {
      hint: 'a daemon that starts sets it aside and begins a new one',
    });
  }
}
