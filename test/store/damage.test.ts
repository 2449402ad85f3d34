import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { readJournal } from '../../src/store/read-journal.ts';
import { entry } from './entry.ts';
import { type StoreRig, storeRig } from './store-rig.ts';

const SPOOL = '/srv/spool';

/** A journal that was closed, of some megabytes. */
async function filled(rig: StoreRig): Promise<void> {
  const journal = await rig.open();
  const name = Buffer.alloc(4000, 'x');
  const all = Array.from({ length: 1000 }, (_, at) => entry(`run-${at}`, { name }));
  await Promise.all(all.map((one) => journal.spoolFiles.keep(one)));
  await journal[Symbol.asyncDispose]();
}

function scribble(file: string, from: number): void {
  const fd = openSync(file, 'r+');
  const { size } = statSync(file);
  for (let at = from; at < size; at += 4096) writeSync(fd, Buffer.alloc(64, 0xa5), 0, 64, at);
  closeSync(fd);
}

const DAMAGES: Record<string, (file: string) => void> = {
  'is no database': (file) => writeFileSync(file, 'some text\n'.repeat(1000)),
  'is a few bytes': (file) => writeFileSync(file, 'x'),
  'is cut off within a page': (file) => truncateSync(file, 4096 * 50 + 100),
  'is cut off': (file) => truncateSync(file, 4096 * 50),
  'has pages of something else': (file) => scribble(file, 4096 * 3),
  'has a broken first page': (file) => scribble(file, 0),
  'is empty beside its -wal': (file) => {
    truncateSync(file, 0);
    writeFileSync(`${file}-wal`, 'of before');
  },
  'is gone from beside its -wal': (file) => {
    rmSync(file);
    writeFileSync(`${file}-wal`, 'of before');
  },
  "is another program's": (file) => {
    rmSync(file);
    using database = new DatabaseSync(file);
    database.exec('CREATE TABLE theirs (one)');
  },
};

test.each(Object.keys(DAMAGES))(
  'a journal that %s is set aside, and a new one is begun',
  async (name) => {
    const rig = storeRig();
    await filled(rig);
    DAMAGES[name]?.(rig.file);
    const bytes = existsSync(rig.file) ? readFileSync(rig.file) : undefined;
    const now = () => Date.UTC(2026, 10, 26, 17, 50);
    const { spoolFiles } = await rig.open({ now });

    const aside = `${rig.file}.damaged-2026-11-26T17-50-00.000Z`;
    expect(rig.problems.map(({ code, message }) => ({ code, message }))).toEqual([
      {
        code: 'journal-failed',
        message: expect.stringMatching(
          `^the journal ${rig.file} is damaged \\(.+\\); it is at ${aside} now, and a new one is begun$`,
        ),
      },
    ]);
    if (bytes === undefined) expect(readFileSync(`${aside}-wal`, 'utf8')).toBe('of before');
    else expect(readFileSync(aside).equals(bytes)).toBe(true);
    expect(spoolFiles.unfinished(SPOOL)).toEqual([]);
    await spoolFiles.keep(entry('new'));
    expect(spoolFiles.unfinished(SPOOL)).toHaveLength(1);
  },
);

test('damage that is found while it is open: the same, and what was asked for is done', async () => {
  const rig = storeRig();
  await filled(rig);
  const { spoolFiles } = await rig.open();
  scribble(rig.file, 4096 * 20);
  await spoolFiles.keep(entry('new', { claimedAt: 1 }));
  const there = spoolFiles.unfinished(SPOOL).map(({ run }) => run);
  await spoolFiles.keep(entry('newer', { claimedAt: 2 }));
  expect(rig.problems).toHaveLength(1);
  expect(rig.problems[0]?.message).toContain('is damaged');
  expect(there.length).toBeLessThanOrEqual(1);
  expect(spoolFiles.unfinished(SPOOL).map(({ run }) => run)).toContain('newer');
  expect(
    rig.names().filter((name) => /damaged-[^-]+-\d+-\d+T[^-]+-\d+-[\d.]+Z$/.test(name)),
  ).toHaveLength(1);
});

test('one that another process set aside or removed is left, and the new one is gone on with', async () => {
  const rig = storeRig();
  const [one, other] = [await rig.open(), await rig.open()];
  await one.spoolFiles.keep(entry('before'));
  for (const part of ['', '-wal', '-shm']) rmSync(rig.file + part);
  await other.spoolFiles.keep(entry('after'));
  await one.spoolFiles.keep(entry('afterwards'));
  const names = other.spoolFiles.unfinished(SPOOL).map(({ run }) => run);
  expect(names).toEqual(['after', 'afterwards']);
  // The end of one does not take the log of the other away.
  await one[Symbol.asyncDispose]();
  expect(other.spoolFiles.unfinished(SPOOL)).toHaveLength(2);
  expect(rig.problems).toEqual([]);
});

test('a newer journal is refused, and nothing in it is changed', async () => {
  const rig = storeRig();
  await filled(rig);
  {
    using database = new DatabaseSync(rig.file);
    database.exec('PRAGMA user_version = 99');
  }
  const bytes = readFileSync(rig.file);
  const refused = {
    code: 'journal-failed',
    message: expect.stringMatching(/of version 99, and this Domstart knows up to \d+$/),
    hint: expect.stringContaining('--state'),
  };
  await expect(rig.open()).rejects.toMatchObject(refused);
  expect(() => readJournal(rig.folder)).toThrow(expect.objectContaining(refused));
  expect(readFileSync(rig.file).equals(bytes)).toBe(true);
  expect(rig.names().filter((name) => name.includes('damaged'))).toEqual([]);
});

test('a folder that others can write to is not used', async () => {
  const rig = storeRig();
  chmodSync(rig.folder, 0o777);
  const { spoolFiles } = await rig.open();
  await expect(spoolFiles.keep(entry('one'))).rejects.toMatchObject({
    code: 'journal-failed',
    message: `cannot use the state folder ${rig.folder}: it can be written to by others`,
  });
  expect(rig.problems).toHaveLength(1);
  chmodSync(rig.folder, 0o700);
  await spoolFiles.keep(entry('one'));
  expect(spoolFiles.unfinished(SPOOL)).toHaveLength(1);
});

test('while the journal is locked nothing is kept, and it is said', async () => {
  const rig = storeRig();
  const { spoolFiles, runLog } = await rig.open();
  await spoolFiles.keep(entry('one'));
  using database = new DatabaseSync(rig.file);
  database.exec('BEGIN IMMEDIATE');
  await expect(spoolFiles.keep(entry('two'))).rejects.toMatchObject({ code: 'journal-failed' });
  runLog.begin({ job: 'web', instance: '', startedAt: 1 });
  rig.clock.turn(100);
  expect(rig.problems.map(({ code }) => code)).toEqual(['journal-failed']);
  database.exec('ROLLBACK');
  rig.clock.turn(1000);
  using reader = readJournal(rig.folder);
  expect(reader.runs({ limit: 10 })).toHaveLength(1);
  expect(spoolFiles.unfinished(SPOOL).map(({ run }) => run)).toEqual(['one']);
});
