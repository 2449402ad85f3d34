import { expect, test } from 'vitest';
import type { DomainSpec } from '../../src/model/domain.ts';
import { DomstartError } from '../../src/model/errors.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import type { Ending, RunProcess } from '../../src/ports/main-process.ts';
import { jobOf } from '../support/job.ts';
import { engineRig, type RigOptions, settled } from './engine-rig.ts';

const script = { kind: 'script', text: ':' } as const;

const domain: DomainSpec = {
  image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
  vifs: [],
  console: { ready: [], fail: [], watch: [] },
  timeout: 2,
};

/** A job whose processes named here never end by themselves. */
function begin(fields: Partial<JobDefinition>, hanging: readonly string[], more: object = {}) {
  const run: NonNullable<RigOptions['run']> = ({ process, signal }) =>
    hanging.includes(process) ? untilKilled(signal) : undefined;
  return engineRig({ jobs: [jobOf('j', { domain, ...fields })], run, ...more });
}

function untilKilled(signal: Parameters<RunProcess>[0]['signal']): Promise<Ending> {
  return new Promise((resolve) => {
    const end = () => resolve({ kind: 'signalled', signal: 'KILL' });
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

test('the deadline begins with pre-start and ends one that hangs', async () => {
  const rig = begin({ processes: { 'pre-start': script, 'post-stop': script } }, ['pre-start']);
  const { result } = await rig.engine.start('j');
  await settled();
  rig.clock.turn(1999);
  await settled();
  expect(rig.status('j')).toBe('start/pre-start');
  rig.clock.turn(1);
  const { result: outcome, failedProcess, error } = await result;
  expect({ outcome, failedProcess }).toEqual({ outcome: 'failed', failedProcess: 'pre-start' });
  expect(error).toMatchObject({
    code: 'deadline-passed',
    message: 'j was ended in pre-start: its timeout of 2 s passed',
  });
  expect(rig.processes).toEqual(['j pre-start', 'j post-stop']);
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'expire', 'cleanUp']);
  expect(rig.clock.armed).toBe(0);
});

test('the making of the image counts, and gives way', async () => {
  const rig = begin({ processes: {} }, [], { main: { j: { hold: ['prepare'] } } });
  const { result } = await rig.engine.start('j');
  await settled();
  rig.clock.turn(2000);
  expect(await result).toMatchObject({ result: 'failed', error: { code: 'deadline-passed' } });
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'prepare aborted', 'expire', 'cleanUp']);
});

test('while the domain runs it is destroyed, and what it says of it is the error', async () => {
  const rig = begin({ processes: { 'pre-stop': script } }, []);
  const { result, answer } = await rig.engine.start('j');
  await answer;
  rig.clock.turn(2000);
  expect(await result).toMatchObject({
    result: 'failed',
    failedProcess: 'main',
    error: { message: 'the fake was destroyed' },
  });
  expect(rig.processes, 'there is no time left for pre-stop').toEqual([]);
});

test('a post-start that hangs is killed, and the job never runs', async () => {
  const rig = begin({ processes: { 'post-start': script } }, ['post-start']);
  const { result } = await rig.engine.start('j');
  await settled();
  rig.clock.turn(2000);
  expect(await result).toMatchObject({ result: 'failed', error: { code: 'deadline-passed' } });
  const trace = rig.trace();
  expect(trace).toContain('kill j post-start with KILL');
  expect(trace.some((line) => line.includes('-> running'))).toBe(false);
});

test('it counts on while the job is stopped', async () => {
  const rig = begin({ processes: { 'pre-stop': script } }, ['pre-stop']);
  const { result, answer } = await rig.engine.start('j');
  await answer;
  void rig.engine.stop('j');
  await settled();
  expect(rig.status('j')).toBe('stop/pre-stop');
  rig.clock.turn(2000);
  expect(await result).toMatchObject({ result: 'failed', failedProcess: 'pre-stop' });
});

test('post-stop still runs then, for as long as kill timeout', async () => {
  const rig = begin({ processes: { 'post-stop': script }, killTimeout: 3 }, ['post-stop']);
  const { result, answer } = await rig.engine.start('j');
  await answer;
  rig.clock.turn(2000);
  await settled();
  expect(rig.status('j')).toBe('stop/post-stop');
  rig.clock.turn(2999);
  await settled();
  expect(rig.status('j')).toBe('stop/post-stop');
  rig.clock.turn(1);
  expect(await result).toMatchObject({ failedProcess: 'main' });
  expect(rig.clock.armed).toBe(0);
});

test('a start in the meantime begins a new run, with a deadline of its own', async () => {
  const rig = begin({ processes: { 'post-stop': script } }, ['post-stop']);
  const { answer } = await rig.engine.start('j');
  await answer;
  rig.clock.turn(2000);
  await settled();
  await rig.engine.start('j');
  rig.clock.turn(5000);
  await settled();
  // The killed post-stop is a failure, which ends a restart as ever.
  expect(rig.status('j')).toBe('stop/waiting');

  const { answer: again } = await rig.engine.start('j');
  await again;
  rig.clock.turn(1999);
  await settled();
  expect(rig.status('j')).toBe('start/running');
  rig.engine.kill();
});

test('a run that ends in time forgets it; a job without timeout has none', async () => {
  const exited: Ending = { kind: 'exited', status: 0 };
  const rig = begin({ processes: {} }, [], { main: { j: { ends: exited } } });
  const { result } = await rig.engine.start('j');
  expect(await result).toMatchObject({ result: 'ok' });
  expect(rig.clock.armed).toBe(0);

  const { timeout: _, ...without } = domain;
  const other = begin({ processes: {}, domain: without }, []);
  await (await other.engine.start('j')).answer;
  expect(other.clock.armed).toBe(0);
});

test('a failure before it stays the failure', async () => {
  const rig = begin({ processes: { 'post-stop': script } }, ['post-stop'], {
    main: { j: { ends: { kind: 'exited', status: 3 } } },
  });
  const { result } = await rig.engine.start('j');
  await settled();
  rig.clock.turn(2000);
  rig.clock.turn(5000);
  const outcome = await result;
  expect(outcome).toMatchObject({ failedProcess: 'main', ending: { status: 3 } });
  expect(outcome.error).toBeUndefined();
});

test('the creation of a domain that takes too long is given up', async () => {
  const rig = begin({ processes: {} }, [], { main: { j: { hold: ['spawn'] } } });
  const { result } = await rig.engine.start('j');
  await settled();
  rig.clock.turn(2000);
  rig.mains.of('j').fail('spawn', new DomstartError('deadline-passed', 'given up'));
  expect(await result).toMatchObject({ error: { code: 'deadline-passed' } });
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'spawn', 'expire', 'cleanUp']);
});
