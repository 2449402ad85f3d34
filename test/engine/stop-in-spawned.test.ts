import { expect, test } from 'vitest';
import type { FakeMainOptions } from '../support/fake-main-process.ts';
import { jobOf, on } from '../support/job.ts';
import { engineRig, settled } from './engine-rig.ts';

/** A job whose `expect` is never met. */
function begin(main: FakeMainOptions) {
  const processes = { main: { kind: 'exec', text: 'sleep 1000' } } as const;
  const jobs = [jobOf('j', { processes, expect: 'fork', killTimeout: 2, startOn: on('go') })];
  return engineRig({ jobs, main: { j: main } });
}

test('a stop does not wait for what expect says, and what waits for the start has failed', async () => {
  const rig = begin({ expects: 'yields' });
  const { answer, result } = await rig.engine.start('j');
  await settled();
  expect(rig.status('j')).toBe('start/spawned');
  const stopped = rig.engine.stop('j');
  expect(await answer).toMatchObject({ failed: true });
  expect(await stopped).toMatchObject({ failed: false, status: { state: 'waiting' } });
  expect(await result).toMatchObject({ result: 'ok' });
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'spawn', 'terminate', 'cleanUp']);
});

test('the event that it was started by has failed', async () => {
  const rig = begin({ expects: 'yields' });
  const emitted = rig.engine.emit('go');
  await settled();
  await rig.engine.stop('j');
  expect(await emitted).toMatchObject({ failed: true });
});

test('a process that ignores the signal is killed after kill timeout', async () => {
  const rig = begin({ expects: 'yields', stubborn: true });
  const { result } = await rig.engine.start('j');
  await settled();
  void rig.engine.stop('j');
  await settled();
  expect(rig.status('j')).toBe('stop/killed');
  rig.clock.turn(2000);
  await result;
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'spawn', 'terminate', 'kill', 'cleanUp']);
});

test('neither does a stop that comes while it is executed', async () => {
  const rig = begin({ expects: 'yields', hold: ['spawn'] });
  const { result } = await rig.engine.start('j');
  await settled();
  void rig.engine.stop('j');
  rig.mains.of('j').finish('spawn');
  await result;
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'spawn', 'terminate', 'cleanUp']);
});

test('a restart begins again', async () => {
  const rig = begin({ expects: 'yields' });
  await rig.engine.start('j');
  await settled();
  void rig.engine.restart('j');
  await settled();
  expect(rig.status('j')).toBe('start/spawned');
  expect(rig.mains.runs).toHaveLength(2);
});

test('where it is to be as with Upstart, only the goal changes', async () => {
  const rig = begin({ expects: 'insists' });
  const { answer, result } = await rig.engine.start('j');
  await settled();
  void rig.engine.stop('j');
  expect(await answer).toMatchObject({ failed: false });
  await settled();
  expect(rig.status('j')).toBe('stop/spawned');
  rig.mains.of('j').end({ kind: 'exited', status: 0 });
  await result;
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'spawn', 'cleanUp']);
});
