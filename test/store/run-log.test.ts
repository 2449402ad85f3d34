import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type JournalReader, readJournal } from '../../src/store/read-journal.ts';
import type { RunEnd, RunLog } from '../../src/store/run-log.ts';
import { type StoreRig, startWriter, storeRig } from './store-rig.ts';

const END: RunEnd = { result: 'ok', exitStatus: 0, endedAt: 1200, facts: {}, phases: [] };

const runOf = (job: string, startedAt = 1000) => ({ job, instance: '', startedAt });

function look<T>({ folder }: StoreRig, read: (journal: JournalReader) => T): T {
  using reader = readJournal(folder);
  return read(reader);
}

const runsIn = (rig: StoreRig, job?: string) =>
  look(rig, (journal) => journal.runs({ limit: 100, ...(job !== undefined && { job }) }));

test('a run, from its beginning to its end, with what is known of it meanwhile', async () => {
  const rig = storeRig();
  const { runLog } = await rig.open();
  const run = { job: 'web', instance: 'eth0', startedAt: 1000 };
  runLog.begin(run);
  runLog.phase(run, { phase: 'boot', ms: 12.5 });
  const held = {
    serial: 1,
    name: 'starting',
    variables: [{ name: 'JOB', value: 'web' }],
    at: 1001,
    run,
  };
  runLog.event(held);
  expect(rig.clock.armed).toBeGreaterThan(0);
  expect(runsIn(rig)).toEqual([]);
  rig.clock.turn(100);
  const going = look(rig, (journal) => journal.run('1'));
  expect(going).toMatchObject({ result: 'running', phases: [{ phase: 'boot', ms: 12.5 }] });
  expect(going.events).toEqual([
    { name: 'starting', variables: [{ name: 'JOB', value: 'web' }], at: 1001 },
  ]);

  runLog.finish(held, { failed: true });
  const phases = [
    { phase: 'boot', ms: 12.5 },
    { phase: 'guest', ms: 20 },
  ];
  runLog.end(run, { ...END, facts: { image: 'busybox' }, phases });
  rig.clock.turn(100);
  expect(look(rig, (journal) => journal.run('eth0'))).toEqual({
    ...{ run: 1, job: 'web', instance: 'eth0', result: 'ok', exitStatus: 0 },
    ...{ startedAt: 1000, endedAt: 1200, facts: { image: 'busybox' }, phases },
    events: [{ ...going.events[0], failed: true }],
  });
});

test('what was not written yet is written by the end, and by whoever waits for something', async () => {
  const rig = storeRig();
  const journal = await rig.open();
  journal.runLog.begin(runOf('one'));
  await journal.spoolFiles.forget('nothing');
  expect(runsIn(rig)).toHaveLength(1);
  journal.runLog.begin(runOf('two'));
  await journal[Symbol.asyncDispose]();
  expect(runsIn(rig).map(({ job }) => job)).toEqual(['two', 'one']);
  expect(rig.clock.armed).toBe(0);
});

test('runs of a process that was killed are interrupted, and one of them can be gone on with', async () => {
  const rig = storeRig();
  const writer = startWriter(rig.folder, 'serve');
  await writer.said();
  for (const name of ['web', 'db']) {
    writer.tell(`begin ${name}`);
    await writer.said();
  }
  writer.tell('keep to-have-them-written');
  await writer.said();
  expect(runsIn(rig).map(({ result }) => result)).toEqual(['running', 'running']);
  await writer.kill();
  expect(runsIn(rig).map(({ result }) => result)).toEqual(['interrupted', 'interrupted']);

  const { runLog } = await rig.open();
  const again = runOf('web', 5000);
  runLog.begin(again, { goesOn: true });
  const fresh = runOf('new', 5000);
  runLog.begin(fresh, { goesOn: true });
  rig.clock.turn(100);
  const state = () => runsIn(rig).map(({ run, job, result }) => `${run} ${job} ${result}`);
  expect(state()).toEqual(['3 new running', '2 db interrupted', '1 web running']);
  runLog.end(again, END);
  rig.clock.turn(100);
  expect(state()).toEqual(['3 new running', '2 db interrupted', '1 web ok']);
});

test('the end of a run whose journal is gone is still recorded', async () => {
  const rig = storeRig();
  const { runLog } = await rig.open();
  const other = runOf('other');
  const run = runOf('web');
  runLog.begin(other);
  runLog.begin(run);
  rig.clock.turn(100);
  for (const part of ['', '-wal', '-shm']) rmSync(rig.file + part);
  runLog.begin(runOf('fresh'));
  runLog.end(run, END);
  rig.clock.turn(100);
  expect(runsIn(rig).map(({ job, result }) => [job, result])).toEqual([
    ['web', 'ok'],
    ['fresh', 'running'],
  ]);
});

test('a run is named by its number, or by an instance that has run once', async () => {
  const rig = storeRig();
  const { runLog } = await rig.open();
  for (const instance of ['a', 'b', 'b', '1', '']) {
    runLog.begin({ job: 'web', instance, startedAt: 1 });
  }
  rig.clock.turn(100);
  using journal = readJournal(rig.folder);
  expect(journal.run('a').run).toBe(1);
  expect(journal.run('1').run).toBe(1);
  const refusal = (which: string) => {
    try {
      return journal.run(which);
    } catch (error) {
      return error;
    }
  };
  expect(refusal('b')).toMatchObject({
    code: 'run-unknown',
    message: 'the instance b has run 2 times',
    hint: 'name one by its number, the newest first: 3, 2',
  });
  for (const which of ['99', 'nix', '']) {
    expect(refusal(which)).toMatchObject({
      code: 'run-unknown',
      message: `no run ${which} is in the journal`,
    });
  }
});

function fill(runLog: RunLog, count: number, at: (place: number) => number): void {
  for (let place = 0; place < count; place += 1) {
    const run = runOf(`job-${place}`, at(place));
    runLog.begin(run);
    runLog.event({ serial: place, name: 'starting', variables: [], at: at(place), run });
    runLog.end(run, { ...END, endedAt: at(place), phases: [{ phase: 'boot', ms: 1 }] });
  }
}

const DAY_MS = 86_400_000;

test('what is too old goes, in steps; a run that goes on stays', async () => {
  const rig = storeRig();
  let now = 0;
  const { runLog } = await rig.open({ now: () => now });
  runLog.begin(runOf('service', 0));
  fill(runLog, 1200, (place) => place);
  rig.clock.turn(2000);
  expect(runsIn(rig, 'job-0')).toHaveLength(1);
  now = 30 * DAY_MS + 600;
  // Nothing is looked at for an hour, or for some hundred rows.
  runLog.begin(runOf('now', now));
  rig.clock.turn(100);
  expect(runsIn(rig, 'job-0')).toHaveLength(1);
  rig.clock.turn(3_600_000);
  runLog.begin(runOf('then', now));
  rig.clock.turn(100 + 20);
  // The first step has had 500 of each.
  expect(runsIn(rig, 'job-499')).toHaveLength(0);
  expect(runsIn(rig, 'job-500')).toHaveLength(1);
  rig.clock.turn(1000);
  expect(runsIn(rig, 'job-599')).toHaveLength(0);
  expect(runsIn(rig, 'job-600')).toHaveLength(1);
  expect(runsIn(rig, 'service')).toHaveLength(1);
  const { phases, events } = look(rig, (journal) => journal.run('700'));
  expect([phases.length, events.length]).toEqual([1, 1]);
  expect(rig.clock.armed).toBe(0);
});

test('of more than is kept the oldest go', async () => {
  const rig = storeRig();
  const limits = { runs: 100, events: 50 };
  const { runLog } = await rig.open({ now: () => 0, limits });
  fill(runLog, 1000, () => 0);
  rig.clock.turn(1000);
  const runs = runsIn(rig);
  expect([runs.length, runs.at(-1)?.job]).toEqual([100, 'job-900']);
  const eventsOf = (run: number) => look(rig, (journal) => journal.run(`${run}`)).events.length;
  expect([eventsOf(1000), eventsOf(951), eventsOf(950)]).toEqual([1, 1, 0]);
});

test('a journal that is too large becomes small again, and spool files that are not over stay', async () => {
  const rig = storeRig();
  const journal = await rig.open({ now: () => 0, limits: { bytes: 3_000_000 } });
  const { runLog, spoolFiles } = journal;
  const { entry } = await import('./entry.ts');
  await spoolFiles.keep(entry('kept', { claimedAt: -100 * DAY_MS }));
  await spoolFiles.keep(entry('over', { claimedAt: -100 * DAY_MS, step: 'over' }));
  const value = 'x'.repeat(2000);
  for (let at = 0; at < 5000; at += 1) {
    runLog.event({ serial: at, name: 'big', variables: [{ name: 'V', value }], at: 0 });
  }
  rig.clock.turn(5000);
  expect(spoolFiles.unfinished('/srv/spool').map(({ run }) => run)).toEqual(['kept']);
  await journal[Symbol.asyncDispose]();
  const { DatabaseSync } = await import('node:sqlite');
  using database = new DatabaseSync(rig.file);
  const count = (table: string) =>
    Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']);
  expect(count('spool_files')).toBe(1);
  expect(count('events')).toBeLessThan(1500);
  expect(count('events')).toBeGreaterThan(500);
  const { statSync } = await import('node:fs');
  expect(statSync(rig.file).size).toBeLessThan(8_000_000);
});
