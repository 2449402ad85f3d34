import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { entry } from './entry.ts';
import { startWriter, storeRig } from './store-rig.ts';

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test('what is kept is there for the next one, whole and in order; what is over or forgotten is not', async () => {
  const rig = storeRig();
  const journal = await rig.open();
  const { spoolFiles } = journal;
  const late = entry('late', { claimedAt: 1_700_000_000_002 });
  const whole = entry('whole', {
    name: Uint8Array.from([0xff, 0x00, 0x0a, 0x41]),
    step: 'ended',
    attempt: 3,
    outcome: 'failed',
    target: Uint8Array.from([0xfe, 0x2e]),
    reason: 'exit status 1',
    endedAt: 1_700_000_000_999,
  });
  await spoolFiles.keep(late);
  await spoolFiles.keep(entry('early', { step: 'over', outcome: 'done' }));
  await spoolFiles.keep(entry('gone'));
  await spoolFiles.keep(entry('elsewhere', { spool: '/srv/other' }));
  await spoolFiles.keep(whole);
  await spoolFiles.forget('gone');
  await journal[Symbol.asyncDispose]();

  const again = (await rig.open()).spoolFiles;
  expect(plain(again.unfinished('/srv/spool'))).toEqual(
    plain([{ ...whole }, late].map((one) => ({ ...one, name: new Uint8Array(one.name) }))),
  );
  expect(again.unfinished('/srv/other')).toHaveLength(1);
  // All of an entry takes the place of what there was.
  await again.keep(entry('whole', { attempt: 4 }));
  const [first] = again.unfinished('/srv/spool');
  expect(first).toMatchObject({ run: 'whole', attempt: 4, step: 'claimed' });
  expect(Object.keys(first ?? {})).not.toContain('target');
  expect(rig.problems).toEqual([]);
});

test('the journal is for its owner alone', async () => {
  const rig = storeRig();
  await (await rig.open()).spoolFiles.keep(entry('one'));
  for (const name of rig.names()) {
    expect({ name, mode: statSync(`${rig.folder}/${name}`).mode & 0o777 }).toEqual({
      name,
      mode: 0o600,
    });
  }
  expect(rig.names()).toContain('journal.db-wal');
});

test('what is kept in one turn is one transaction', async () => {
  const rig = storeRig();
  const { spoolFiles } = await rig.open();
  const commits = () => commitsIn(readFileSync(`${rig.file}-wal`));
  const before = commits();
  await Promise.all(Array.from({ length: 50 }, (_, at) => spoolFiles.keep(entry(`run-${at}`))));
  expect(commits() - before).toBe(1);
  await spoolFiles.keep(entry('another'));
  expect(commits() - before).toBe(2);
});

/** Frames of SQLite's log that end a transaction: they have the size of the database in them. */
function commitsIn(log: Buffer): number {
  const frame = 24 + log.readUInt32BE(8);
  let commits = 0;
  for (let at = 32; at + frame <= log.length; at += frame) {
    if (log.readUInt32BE(at + 4) > 0) commits += 1;
  }
  return commits;
}

test.each([1, 20, 150])(
  'a writer that is killed after %d keeps: all that it was promised is there',
  async (count) => {
    const rig = storeRig();
    const writer = startWriter(rig.folder, 'keep');
    const said: string[] = [];
    while (said.length < count) said.push(await writer.said());
    said.push(...(await writer.kill()));
    const there = (await rig.open()).spoolFiles
      .unfinished('/srv/spool')
      .map(({ run }) => `kept ${run}`);
    expect(said.length).toBeGreaterThanOrEqual(count);
    expect(said.filter((line) => !there.includes(line))).toEqual([]);
    // A turn is kept as a whole or not at all.
    expect(there.length % 3).toBe(0);
    expect(rig.problems).toEqual([]);
  },
);

test('several processes keep in one journal', async () => {
  const rig = storeRig();
  const { spoolFiles } = await rig.open();
  const writers = [1, 2, 3].map(() => startWriter(rig.folder, 'some'));
  const ends = await Promise.all(
    writers.map(async ({ said }) => {
      const lines: string[] = [];
      do lines.push(await said());
      while (lines.at(-1) !== 'done');
      return lines;
    }),
  );
  const own = Array.from({ length: 20 }, (_, at) => spoolFiles.keep(entry(`own-${at}`)));
  await Promise.all(own);
  expect(ends.flat().filter((line) => line.startsWith('kept '))).toHaveLength(300);
  expect(spoolFiles.unfinished('/srv/spool')).toHaveLength(320);
  expect(rig.problems).toEqual([]);
});
