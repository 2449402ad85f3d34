import { accessSync, chmodSync, closeSync, constants, openSync, statSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { DomstartError } from '../model/errors.ts';
import { makeFolderNow } from '../system/make-folder.ts';
import { faultOfStat } from '../system/private-folder.ts';
import { Damage } from './faults.ts';
import { migrate, SCHEMA_VERSION, versionOf } from './schema.ts';

/** A journal that is open. */
export interface OpenJournalFile extends Disposable {
  readonly database: DatabaseSync;
  /** Of the file that was opened: another one may be in its place by now. */
  readonly inode: number;
  /** The same statement for the same text. */
  prepare(sql: string): StatementSync;
}

/** As long as somebody else's transaction may take; nothing else of this process goes on then. */
const BUSY_MS = 1000;

const HEAD_BYTES = 512;

/** Makes the folder of a journal, and refuses one that others can write to. */
export function prepareStateFolder(folder: string): void {
  makeFolderNow(folder, 0o700);
  // SQLite does not say why it cannot write.
  accessSync(folder, constants.W_OK | constants.X_OK);
  const fault = faultOfStat(statSync(folder));
  if (fault === undefined) return;
  throw new DomstartError('journal-failed', `cannot use the state folder ${folder}: it ${fault}`, {
    hint: 'name a folder of your own with --state',
  });
}

/** Makes the journal where there is none, and a newer one of an old one. Throws `Damage`, too. */
export function openDatabase(file: string): OpenJournalFile {
  const size = sizeOf(file);
  // SQLite would take the journal for an empty one, and throw away what is in the other file.
  if (!size && sizeOf(`${file}-wal`)) throw new Damage('the file is empty, and its -wal is not');
  // It would also write over what is shorter than its own head.
  if (size && size < HEAD_BYTES) throw new Damage(`the file is only ${size} bytes long`);
  // Not by SQLite, which would let others read it.
  if (size === undefined) closeSync(openSync(file, 'ax', 0o600));
  else chmodSync(file, 0o600);
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    const version = currentVersionOf(database, file);
    if (version === 0) begin(database);
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = ${WAL_LIMIT}`,
    );
    if (version > 0) check(database);
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  const statements = new Map<string, StatementSync>();
  return {
    database,
    inode: statSync(file).ino,
    prepare(sql) {
      const known = statements.get(sql);
      if (known !== undefined) return known;
      const statement = database.prepare(sql);
      statements.set(sql, statement);
      return statement;
    },
    [Symbol.dispose]: () => database.close(),
  };
}

/** Bytes that the `-wal` keeps when all of it is in the journal. */
const WAL_LIMIT = 4 * 2 ** 20;

function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

function begin(database: DatabaseSync): void {
  const [first] = database.prepare('SELECT name FROM sqlite_schema LIMIT 1').all();
  if (first !== undefined) throw new Damage("it is some other program's database");
  // Only before the first table.
  database.exec('PRAGMA auto_vacuum = INCREMENTAL');
}

function check(database: DatabaseSync): void {
  const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (found !== 'ok') throw new Damage(String(found).replaceAll('\n', ' '));
}

/** It is of a later Domstart, which alone knows what is in it. */
export class NewerJournal extends DomstartError {
  constructor(file: string, version: number) {
    const message = `the journal ${file} is of version ${version}, and this Domstart knows up to ${SCHEMA_VERSION}`;
    super('journal-failed', message, {
      hint: 'use the Domstart that wrote it, or name another folder with --state',
    });
  }
}

/** Throws where it is newer than we are. */
export function currentVersionOf(database: DatabaseSync, file: string): number {
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) throw new NewerJournal(file, version);
  return version;
}
