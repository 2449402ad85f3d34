import { expect, test } from 'vitest';
import { DomstartError } from '../../src/model/errors.ts';
import type { Ending } from '../../src/ports/main-process.ts';
import { and, jobOf, on, or } from '../support/job.ts';
import { engineRig, settled } from './engine-rig.ts';

const script = { kind: 'script', text: ':' } as const;
const withMain = { main: script };
const exited = (status: number): Ending => ({ kind: 'exited', status });

/** Ends of a job's own processes that the test decides about. */
function heldProcess() {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  return { promise, end: (status: number) => resolve(exited(status)) };
}

test('stop during pre-start waits for it, then goes on without running main', async () => {
  const preStart = heldProcess();
  const rig = engineRig({
    jobs: [jobOf('j', { processes: { ...withMain, 'pre-start': script } })],
    run: () => preStart.promise,
  });
  const { answer, result } = await rig.engine.start('j');
  await settled();
  expect(rig.status('j')).toBe('start/pre-start');
  const stopped = rig.engine.stop('j');
  await settled();
  expect(rig.status('j')).toBe('stop/pre-start');
  // The start is answered by the stop that took its place.
  expect(await answer).toMatchObject({ failed: false });
  preStart.end(0);
  expect(await stopped).toMatchObject({ failed: false, status: { state: 'waiting' } });
  expect(await result).toMatchObject({ result: 'ok' });
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'cleanUp']);
});

test('our own phases give way to a stop, and that is no failure', async () => {
  const rig = engineRig({ jobs: [jobOf('j')], main: { j: { hold: ['prepare'] } } });
  const { result } = await rig.engine.start('j');
  await settled();
  await rig.engine.stop('j');
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'prepare aborted', 'cleanUp']);
  const ended = await result;
  expect(ended).toMatchObject({ result: 'ok' });
  expect(ended).not.toHaveProperty('error');
});

test('a stop while the domain is made ready ends it in order', async () => {
  const rig = engineRig({ jobs: [jobOf('j')], main: { j: { hold: ['ready'] } } });
  const { result } = await rig.engine.start('j');
  await settled();
  expect(rig.status('j')).toBe('start/post-start');
  await rig.engine.stop('j');
  expect(rig.mains.of('j').calls).toEqual([
    'prepare',
    'spawn',
    'ready',
    'ready aborted',
    'terminate',
    'cleanUp',
  ]);
  expect(await result).toMatchObject({ result: 'ok' });
});

test.each(['prepare', 'spawn', 'ready'] as const)('%s that fails fails the job', async (phase) => {
  const rig = engineRig({
    jobs: [jobOf('j', { respawn: true, startOn: on('go') })],
    main: { j: { hold: [phase] } },
  });
  const emitted = rig.engine.emit('go');
  await settled();
  const error = new DomstartError('boot-failed', 'no kernel');
  const results: unknown[] = [];
  rig.engine.on('result', (result) => results.push(result));
  rig.mains.of('j').fail(phase, error);
  expect(await emitted).toEqual({ failed: true });
  await rig.engine.idle();
  expect(results).toMatchObject([
    { result: 'failed', failedProcess: phase === 'prepare' ? 'pre-start' : 'main', error },
  ]);
  expect(rig.mains.runs).toHaveLength(1);
  expect(rig.mains.of('j').calls.at(-1)).toBe('cleanUp');
});

test('an end that is not the job’s doing fails it, and is never respawned', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { respawn: true })] });
  const { result } = await rig.engine.start('j');
  await settled();
  const error = new DomstartError('deadline-passed', 'too late');
  rig.mains.of('j').end({ kind: 'failed', error });
  expect(await result).toMatchObject({ result: 'failed', failedProcess: 'main', error });
  expect(rig.mains.runs).toHaveLength(1);
});

test('a ready that fails because the domain died is judged once, by the end', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { respawn: true, respawnLimit: { limit: 1, interval: 10 } })],
    main: { j: { hold: ['ready'] } },
  });
  const { result } = await rig.engine.start('j');
  await settled();
  rig.mains.of('j').end(exited(1));
  await settled();
  expect(rig.mains.runs).toHaveLength(2);
  rig.mains.of('j').end(exited(1));
  expect(await result).toMatchObject({ result: 'failed', failedProcess: 'respawn' });
});

test('an event in both start on and stop on restarts a running job with the new environment', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: on('ev'), stopOn: on('ev') })] });
  await rig.engine.emit('ev', [{ name: 'N', value: '1' }]);
  rig.trace();
  expect(await rig.engine.emit('ev', [{ name: 'N', value: '2' }])).toEqual({ failed: false });
  expect(rig.trace().slice(0, 8)).toEqual([
    'queued ev',
    'handling ev N=2',
    'goal j: start -> stop',
    'state j: running -> pre-stop',
    'state j: pre-stop -> stopping',
    'queued stopping',
    'matched j',
    'goal j: stop -> start',
  ]);
  expect(rig.mains.runs.map(({ context }) => context.environment.get('N'))).toEqual(['1', '2']);
  expect(rig.status('j')).toBe('start/running');
});

test('respawn gives up behind its limit', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { respawn: true, respawnLimit: { limit: 2, interval: 10 } })],
    main: { j: { ends: exited(1) } },
  });
  const { result } = await rig.engine.start('j');
  expect(await result).toMatchObject({ result: 'failed', failedProcess: 'respawn' });
  expect(rig.mains.runs).toHaveLength(3);
  await settled();
  const trace = rig.trace();
  expect(trace.filter((line) => line === 'respawning j main')).toHaveLength(2);
  expect(trace).toContain('respawn-limit j main');
  expect(trace.at(-2)).toBe('handling stopped JOB=j INSTANCE= RESULT=failed PROCESS=respawn');
});

test('main that dies in post-start of a respawning job is started again afterwards', async () => {
  const postStart = heldProcess();
  const rig = engineRig({
    jobs: [jobOf('j', { respawn: true, processes: { ...withMain, 'post-start': script } })],
    run: () => postStart.promise,
  });
  await rig.engine.start('j');
  await settled();
  rig.mains.of('j').end(exited(1));
  await settled();
  expect(rig.status('j')).toBe('respawn/post-start');
  rig.trace();
  postStart.end(0);
  await settled();
  expect(rig.status('j')).toBe('start/running');
  expect(rig.trace().slice(0, 4)).toEqual([
    'exit j post-start status 0',
    'goal j: respawn -> start',
    'state j: post-start -> stopping',
    'queued stopping',
  ]);
  expect(rig.mains.runs).toHaveLength(2);
});

test('what ignores the kill signal is killed after kill timeout, and that is no failure', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { killTimeout: 7, killSignal: 'INT' })],
    main: { j: { stubborn: true } },
  });
  const { result } = await rig.engine.start('j');
  await settled();
  const stopped = rig.engine.stop('j');
  await settled();
  rig.clock.turn(6999);
  expect(rig.mains.of('j').calls.at(-1)).toBe('terminate');
  rig.clock.turn(1);
  expect(await stopped).toMatchObject({ failed: false });
  expect(rig.trace().filter((line) => line.startsWith('kill '))).toEqual([
    'kill j main with INT',
    'kill j main with KILL',
  ]);
  expect(await result).toMatchObject({
    result: 'ok',
    ending: { kind: 'signalled', signal: 'KILL' },
  });
  expect(rig.clock.armed).toBe(0);
});

test('kill does not wait for kill timeout', async () => {
  const rig = engineRig({ jobs: [jobOf('j')], main: { j: { stubborn: true } } });
  const { result } = await rig.engine.start('j');
  await settled();
  const stopped = rig.engine.stop('j');
  await settled();
  rig.engine.kill();
  await stopped;
  expect(await result).toMatchObject({ ending: { kind: 'signalled', signal: 'KILL' } });
});

test('kill of a running job skips the timeout too', async () => {
  const rig = engineRig({ jobs: [jobOf('j')], main: { j: { stubborn: true } } });
  const { result } = await rig.engine.start('j');
  await settled();
  rig.engine.kill();
  await settled();
  rig.clock.turn(0);
  expect(await result).toMatchObject({ ending: { kind: 'signalled', signal: 'KILL' } });
});

test('who starts on starting holds the job until it runs or is done', async () => {
  const rig = engineRig({
    jobs: [
      jobOf('web', { startOn: on('go') }),
      jobOf('mount', { startOn: on('starting', 'JOB=web'), task: true }),
    ],
  });
  const emitted = rig.engine.emit('go');
  await settled();
  expect([rig.status('web'), rig.status('mount')]).toEqual(['start/starting', 'start/running']);
  rig.mains.of('mount').end(exited(3));
  // The failed event is reported, but its job goes on.
  expect(await emitted).toEqual({ failed: false });
  expect(rig.status('web')).toBe('start/running');
  expect(rig.trace()).toContain('finished starting FAILED');
});

test('a stop while held in starting waits, then ends without main', async () => {
  const rig = engineRig({
    jobs: [jobOf('web'), jobOf('mount', { startOn: on('starting', 'JOB=web'), task: true })],
  });
  await rig.engine.start('web');
  await settled();
  const stopped = rig.engine.stop('web');
  await settled();
  expect(rig.status('web')).toBe('stop/starting');
  rig.mains.of('mount').end(exited(0));
  await stopped;
  expect(rig.mains.runs.map(({ context }) => context.job.name)).toEqual(['mount']);
});

test('a task that fails fails the event that started it; a service that fails later does not', async () => {
  const rig = engineRig({
    jobs: [jobOf('t', { startOn: on('go'), task: true }), jobOf('s', { startOn: on('go') })],
  });
  const emitted = rig.engine.emit('go');
  await settled();
  rig.mains.of('s').end(exited(1));
  await settled();
  rig.mains.of('t').end(exited(2));
  expect(await emitted).toEqual({ failed: true });
  await rig.engine.idle();
  expect(rig.trace()).toEqual(
    expect.arrayContaining([
      'finished go FAILED',
      'queued go/failed',
      'handling stopped JOB=t INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=2',
      'handling stopped JOB=s INSTANCE= RESULT=failed PROCESS=main EXIT_STATUS=1',
    ]),
  );
});

test('a service lets go when it runs, a task when it is done', async () => {
  const rig = engineRig({
    jobs: [jobOf('s', { startOn: on('s') }), jobOf('t', { startOn: on('t'), task: true })],
  });
  expect(await rig.engine.emit('s')).toEqual({ failed: false });
  const emitted = rig.engine.emit('t');
  await settled();
  expect(rig.engine.waiting()).toMatchObject([
    { event: { name: 't' }, heldBy: [{ kind: 'instance', job: 't', instance: '' }] },
  ]);
  rig.mains.of('t').end(exited(0));
  expect(await emitted).toEqual({ failed: false });
});

test('half an and holds its event; idle does not wait for it, and waiting says who', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { startOn: and(on('a'), on('b')), task: true })] });
  let finished = false;
  const emitted = rig.engine.emit('a', [{ name: 'X', value: '1' }]).then(() => {
    finished = true;
  });
  await rig.engine.idle();
  expect(finished).toBe(false);
  expect(rig.engine.waiting()).toEqual([
    {
      event: { name: 'a', variables: [{ name: 'X', value: '1' }] },
      heldBy: [{ kind: 'match', job: 'j', stanza: 'start on' }],
    },
  ]);
  const other = rig.engine.emit('b', [{ name: 'Y', value: '2' }]);
  await settled();
  const { environment } = rig.mains.of('j').context;
  expect([environment.get('X'), environment.get('Y'), environment.get('UPSTART_EVENTS')]).toEqual([
    '1',
    '2',
    'a b',
  ]);
  rig.mains.of('j').end(exited(0));
  await Promise.all([emitted, other]);
});

test('a half-true side of an or is let go without effect', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { startOn: or(and(on('a'), on('b')), on('c')) })],
  });
  const first = rig.engine.emit('a', [{ name: 'X', value: '1' }]);
  await settled();
  await Promise.all([rig.engine.emit('c'), first]);
  expect(rig.mains.of('j').context.environment.has('X')).toBe(false);
});

test('an instance held by a half-true and does not keep idle waiting', async () => {
  const rig = engineRig({
    jobs: [
      jobOf('j', { startOn: on('go') }),
      jobOf('k', { startOn: and(on('starting', 'JOB=j'), on('never')) }),
    ],
  });
  void rig.engine.emit('go');
  await rig.engine.idle();
  expect(rig.status('j')).toBe('start/starting');
});

test('instances by name, each with its own environment', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { instance: '$N', stopOn: on('off', 'N=$N') })],
  });
  await rig.engine.start('j', [{ name: 'N', value: '1' }]);
  await rig.engine.start('j', [{ name: 'N', value: '2' }]);
  await settled();
  await expect(rig.engine.start('j', [{ name: 'N', value: '1' }])).rejects.toMatchObject({
    code: 'job-unchanged',
    message: 'Job is already running: j (1)',
  });
  await rig.engine.emit('off', [{ name: 'N', value: '1' }]);
  expect([rig.status('j', '1'), rig.status('j', '2')]).toEqual([undefined, 'start/running']);
});

test('a start without the variable that the instance needs says which, and the usage', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { instance: '$FILE', usage: 'FILE=program' })] });
  await expect(rig.engine.start('j')).rejects.toMatchObject({
    code: 'variable-missing',
    message: expect.stringContaining('needs the variable FILE'),
    hint: 'usage: FILE=program',
  });
  expect(rig.status('j')).toBe('stop/waiting');
});

test('an event without it is told, counted, and does not stop the others', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { instance: '$FILE', startOn: on('go') }), jobOf('k', { startOn: on('go') })],
  });
  await rig.engine.emit('go');
  expect(rig.engine.instanceFailures).toBe(1);
  expect(rig.trace().find((line) => line.startsWith('instance-failed j'))).toContain('FILE');
  expect(rig.status('k')).toBe('start/running');
});

test('a start inside pre-stop cancels the stop; nobody is told by an event', async () => {
  const preStop = heldProcess();
  const rig = engineRig({
    jobs: [jobOf('j', { processes: { ...withMain, 'pre-stop': script } })],
    run: () => preStop.promise,
  });
  await rig.engine.start('j');
  await settled();
  const stopped = rig.engine.stop('j');
  await settled();
  const again = await rig.engine.start('j');
  rig.trace();
  preStop.end(0);
  expect(await again.answer).toMatchObject({ failed: false, status: { state: 'running' } });
  expect(await stopped).toMatchObject({ failed: false });
  expect(rig.trace()).toEqual(['exit j pre-stop status 0', 'state j: pre-stop -> running']);
});

test('a start while stopping turns it round behind post-stop, with the new environment', async () => {
  const postStop = heldProcess();
  const rig = engineRig({
    jobs: [jobOf('j', { processes: { ...withMain, 'post-stop': script } })],
    run: () => postStop.promise,
  });
  await rig.engine.start('j', [{ name: 'V', value: '1' }]);
  await settled();
  const stopped = rig.engine.stop('j');
  await settled();
  const again = await rig.engine.start('j', [{ name: 'V', value: '2' }]);
  expect(await stopped).toMatchObject({ status: { goal: 'start', state: 'post-stop' } });
  postStop.end(0);
  expect(await again.answer).toMatchObject({ status: { state: 'running' } });
  expect(rig.mains.runs.map(({ context }) => context.environment.get('V'))).toEqual(['1', '2']);
  await settled();
  expect(rig.trace().some((line) => line === 'queued stopped')).toBe(false);
});

test('restart goes through everything but pre-stop and stopped', async () => {
  const rig = engineRig({ jobs: [jobOf('j')] });
  await rig.engine.start('j');
  await settled();
  rig.trace();
  expect(await rig.engine.restart('j')).toMatchObject({ status: { state: 'running' } });
  await settled();
  const trace = rig.trace();
  expect(trace.filter((line) => line.startsWith('queued'))).toEqual([
    'queued stopping',
    'queued starting',
    'queued started',
  ]);
  expect(rig.mains.runs).toHaveLength(2);
});

test('the variables of a stop reach pre-stop and post-stop, and only those', async () => {
  const seen: Record<string, string | undefined> = {};
  const rig = engineRig({
    jobs: [
      jobOf('j', {
        stopOn: on('off'),
        processes: {
          ...withMain,
          'pre-start': script,
          'pre-stop': script,
          'post-stop': script,
        },
      }),
    ],
    run: ({ process, environment }) => {
      seen[process] = `${environment.get('WHY')} ${environment.get('UPSTART_STOP_EVENTS')}`;
      return undefined;
    },
  });
  await rig.engine.start('j');
  await settled();
  await rig.engine.emit('off', [{ name: 'WHY', value: 'late' }]);
  expect(seen).toEqual({
    'pre-start': 'undefined undefined',
    'pre-stop': 'late off',
    'post-stop': 'late off',
  });
});

test('exports follow the standard variables and never replace them', async () => {
  const rig = engineRig({
    jobs: [jobOf('j', { env: ['A=1', 'JOB=x', 'TERM'], export: ['A', 'JOB', 'NONE'] })],
    engine: { outerEnvironment: new Map([['TERM', 'dumb']]) },
  });
  await rig.engine.start('j');
  await settled();
  expect(rig.trace()).toContain('handling started JOB=j INSTANCE= A=1');
  expect(rig.mains.of('j').context.environment.get('TERM')).toBe('dumb');
});

test('a task without main process never finishes; stop ends it', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { task: true, processes: {}, startOn: on('go') })] });
  const emitted = rig.engine.emit('go');
  await settled();
  expect(rig.status('j')).toBe('start/running');
  expect(rig.mains.runs).toEqual([]);
  await rig.engine.stop('j');
  expect(await emitted).toEqual({ failed: false });
});

test('a pre-start that fails fails the job; a pre-stop that fails does not', async () => {
  const rig = engineRig({
    jobs: [
      jobOf('a', { processes: { ...withMain, 'pre-start': script } }),
      jobOf('b', { processes: { ...withMain, 'pre-stop': script } }),
    ],
    run: () => Promise.resolve(exited(4)),
  });
  const a = await rig.engine.start('a');
  expect(await a.answer).toMatchObject({ failed: true });
  expect(await a.result).toMatchObject({
    result: 'failed',
    failedProcess: 'pre-start',
    failedEnding: exited(4),
  });
  const b = await rig.engine.start('b');
  await b.answer;
  expect(await rig.engine.stop('b')).toMatchObject({ failed: false });
  expect(await b.result).toMatchObject({ result: 'ok' });
});
