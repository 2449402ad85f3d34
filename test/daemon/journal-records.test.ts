import { expect, test } from 'vitest';
import { createJournalRecords } from '../../src/daemon/journal-records.ts';
import type { RunResult } from '../../src/engine/run-record.ts';
import { DomstartError } from '../../src/model/errors.ts';
import { createEvent } from '../../src/model/event.ts';
import type { RunLog } from '../../src/store/run-log.ts';

/** What the journal is told, in order. */
function records() {
  const told: unknown[][] = [];
  const runLog = Object.fromEntries(
    ['begin', 'phase', 'end', 'event', 'finish'].map((name) => [
      name,
      (...args: unknown[]) => told.push([name, ...args]),
    ]),
  ) as unknown as RunLog;
  let now = 1000;
  const own = createJournalRecords({ runLog, now: () => now });
  const begin = (job: string, more: { instance?: string; id?: number } = {}) =>
    own.take({
      type: 'state',
      told: { job, instance: '', ...more, from: 'waiting', to: 'starting' },
    });
  const end = (result: Partial<RunResult>) =>
    own.take({
      type: 'result',
      told: {
        ...{ job: 'web', instance: '', result: 'ok', facts: {}, phases: [] },
        ...{ startedAt: 50, endedAt: 250.4 },
        ...result,
      },
    });
  const at = (time: number) => {
    now = time;
  };
  return { ...own, told, begin, end, at };
}

test('a run takes as long as the engine says, whatever the time of the host does meanwhile', () => {
  const { told, begin, end, at } = records();
  begin('web');
  at(5);
  end({ ending: { kind: 'exited', status: 0 } });
  const run = { job: 'web', instance: '', startedAt: 1000 };
  expect(told).toEqual([
    ['begin', run, { goesOn: false }],
    ['end', run, { result: 'ok', exitStatus: 0, endedAt: 1200, facts: {}, phases: [] }],
  ]);
  expect(told[1]?.[1]).toBe(told[0]?.[1]);
});

test('states within a run are no runs', () => {
  const { take, told } = records();
  take({ type: 'state', told: { job: 'web', instance: '', from: 'post-stop', to: 'starting' } });
  take({ type: 'state', told: { job: 'web', instance: '', from: 'post-stop', to: 'waiting' } });
  expect(told).toEqual([]);
});

test.each<[string, Partial<RunResult>, object]>([
  [
    'the process that failed',
    {
      result: 'failed',
      failedProcess: 'pre-start',
      failedEnding: { kind: 'signalled', signal: 'KILL' },
      ending: { kind: 'exited', status: 0 },
    },
    { exitSignal: 'KILL', failedProcess: 'pre-start' },
  ],
  [
    'respawning too fast',
    { result: 'failed', failedProcess: 'respawn', ending: { kind: 'exited', status: 1 } },
    { failedProcess: 'respawn' },
  ],
  [
    'an error',
    {
      result: 'failed',
      failedProcess: 'main',
      error: new DomstartError('boot-failed', 'it did not boot', { hint: 'look' }),
    },
    {
      failedProcess: 'main',
      error: { code: 'boot-failed', message: 'it did not boot', hint: 'look' },
    },
  ],
])('how it ended: %s', (_, result, how) => {
  const { told, begin, end } = records();
  begin('web');
  end(result);
  const [, , said] = told[1] ?? [];
  expect(said).toEqual({ result: 'failed', endedAt: 1200, facts: {}, phases: [], ...how });
});

test('nameless instances of event.d are told apart', () => {
  const { told, begin, end, at } = records();
  begin('old', { id: 1 });
  at(2000);
  begin('old', { id: 2 });
  end({ job: 'old', id: 1 });
  end({ job: 'old', id: 2 });
  expect(told.map(([what, run]) => [what, (run as { startedAt: number }).startedAt])).toEqual([
    ['begin', 1000],
    ['begin', 2000],
    ['end', 1000],
    ['end', 2000],
  ]);
});

test('a run that was expected goes on with the earlier one, and ends when it ends', () => {
  const { told, begin, end, at, expect: foresee } = records();
  foresee({ job: 'web', instance: '' });
  begin('other');
  begin('web');
  at(7000);
  end({});
  begin('web');
  expect(told.map(([what, , more]) => [what, more])).toEqual([
    ['begin', { goesOn: false }],
    ['begin', { goesOn: true }],
    ['end', expect.objectContaining({ endedAt: 7000 })],
    ['begin', { goesOn: false }],
  ]);
});

test('an event is told once, belongs to the run that it names, and is finished', () => {
  const { take, told, begin } = records();
  begin('web', { instance: 'a' });
  const event = createEvent('started', [
    { name: 'JOB', value: 'web' },
    { name: 'INSTANCE', value: 'a' },
  ]);
  const [run] = told[0]?.slice(1) ?? [];
  for (const progress of ['queued', 'handling', 'finished'] as const) {
    take({ type: 'event', told: { progress, event, serial: 4, failed: progress === 'finished' } });
  }
  const record = { serial: 4, name: 'started', variables: event.variables, at: 1000, run };
  expect(told.slice(1)).toEqual([
    ['event', record],
    ['finish', record, { failed: true }],
  ]);
  take({
    type: 'event',
    told: { progress: 'queued', event: createEvent('startup'), serial: 5, failed: false },
  });
  expect(told.at(-1)?.[1]).not.toHaveProperty('run');
});
