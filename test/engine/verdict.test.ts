import { expect, test } from 'vitest';
import type { RespawnSeries } from '../../src/engine/verdict.ts';
import { noRespawns, verdictOf } from '../../src/engine/verdict.ts';
import { DomstartError } from '../../src/model/errors.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { Ending } from '../../src/ports/main-process.ts';
import { jobOf } from '../support/job.ts';

const exited = (status: number): Ending => ({ kind: 'exited', status });
const signalled = (signal: string): Ending => ({ kind: 'signalled', signal });
const failed: Ending = { kind: 'failed', error: new DomstartError('boot-failed', 'no') };

const service = {};
const task = { task: true };
const respawning = { respawn: true };
const respawningTask = { respawn: true, task: true };

test.each<[string, Partial<JobDefinition>, Ending, string]>([
  ['a service that exits 0', service, exited(0), 'normal'],
  ['a service that exits 1', service, exited(1), 'failed'],
  ['a service that is killed', service, signalled('SEGV'), 'failed'],
  ['a task that exits 0', task, exited(0), 'normal'],
  ['a task that exits 1', task, exited(1), 'failed'],
  ['a listed status', { normalExit: [1, 'TERM'] }, exited(1), 'normal'],
  ['a listed signal', { normalExit: [1, 'TERM'] }, signalled('TERM'), 'normal'],
  ['a signal that is not listed', { normalExit: [1, 'TERM'] }, signalled('HUP'), 'failed'],
  ['a respawning service that exits 0', respawning, exited(0), 'respawn'],
  ['a respawning service that exits 1', respawning, exited(1), 'respawn'],
  ['a respawning task that exits 0', respawningTask, exited(0), 'normal'],
  ['a respawning task that exits 1', respawningTask, exited(1), 'respawn'],
  ['a listed end of a respawning service', { ...respawning, normalExit: [0] }, exited(0), 'normal'],
  ['a respawning job that failed without its doing', respawning, failed, 'failed'],
])('%s: %s', (_name, fields, ending, kind) => {
  const verdict = verdictOf({ job: jobOf('j', fields), ending, series: noRespawns, now: 100 });
  expect(verdict.kind).toBe(kind);
});

test.each<[string, Partial<JobDefinition>, Ending, string]>([
  ['a service that exits 0', respawning, exited(0), 'normal'],
  ['a service that exits 1', respawning, exited(1), 'failed'],
  ['a task that is killed', respawningTask, signalled('KILL'), 'failed'],
])('where nothing is respawned any more, %s: %s', (_name, fields, ending, kind) => {
  const job = jobOf('j', fields);
  expect(verdictOf({ job, ending, series: noRespawns, now: 100, final: true }).kind).toBe(kind);
});

/** The times of ends until it gave up. */
function endsUntilGivenUp(
  respawnLimit: Exclude<JobDefinition['respawnLimit'], undefined>,
  times: readonly number[],
): readonly number[] {
  const job = jobOf('j', { respawn: true, respawnLimit });
  let series: RespawnSeries = noRespawns;
  const respawned: number[] = [];
  for (const now of times) {
    const verdict = verdictOf({ job, ending: exited(1), series, now });
    if (verdict.kind !== 'respawn') return respawned;
    series = verdict.series;
    respawned.push(now);
  }
  return respawned;
}

test('limit N gives N respawns, and gives up at the next end within the interval', () => {
  expect(endsUntilGivenUp({ limit: 3, interval: 10 }, [0.2, 1, 2, 3, 4])).toEqual([0.2, 1, 2]);
});

test('the interval runs from the first respawn of a series, in whole seconds', () => {
  const times = [0.9, 4, 9.9, 10.1, 11, 19.9, 20.1];
  expect(endsUntilGivenUp({ limit: 3, interval: 10 }, times)).toEqual(times);
});

test.each([
  ['unlimited', null],
  ['no limit', { limit: 0, interval: 5 }],
  ['no interval', { limit: 5, interval: 0 }],
])('%s never gives up', (_name, limit) => {
  const times = Array.from({ length: 50 }, (_, index) => index / 10);
  expect(endsUntilGivenUp(limit, times)).toEqual(times);
});

test('the default is 10 in 5 seconds', () => {
  const job = jobOf('j', { respawn: true });
  const full = { since: 0, count: 10 };
  expect(verdictOf({ job, ending: exited(1), series: full, now: 4.9 }).kind).toBe('respawn-limit');
  expect(verdictOf({ job, ending: exited(1), series: full, now: 5 }).kind).toBe('respawn');
});
