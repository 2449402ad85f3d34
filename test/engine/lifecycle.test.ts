import { expect, test } from 'vitest';
import { jobOf, on } from '../support/job.ts';
import { engineRig, settled } from './engine-rig.ts';

const script = { kind: 'script', text: ':' } as const;
const allProcesses = {
  main: script,
  'pre-start': script,
  'post-start': script,
  'pre-stop': script,
  'post-stop': script,
};

test('a service goes through all states, with the four events', async () => {
  const rig = engineRig({ jobs: [jobOf('j', { processes: allProcesses })] });
  const { answer, result } = await rig.engine.start('j');
  expect(await answer).toMatchObject({
    failed: false,
    status: { goal: 'start', state: 'running' },
  });
  await settled();
  expect(rig.trace()).toEqual([
    'goal j: stop -> start',
    'state j: waiting -> starting',
    'queued starting',
    'handling starting JOB=j INSTANCE=',
    'finished starting',
    'state j: starting -> pre-start',
    'spawn j pre-start',
    'exit j pre-start status 0',
    'state j: pre-start -> spawned',
    'spawn j main',
    'state j: spawned -> post-start',
    'spawn j post-start',
    'exit j post-start status 0',
    'state j: post-start -> running',
    'queued started',
    'handling started JOB=j INSTANCE=',
    'finished started',
  ]);
  expect(await rig.engine.stop('j')).toMatchObject({
    failed: false,
    status: { goal: 'stop', state: 'waiting', processes: [] },
  });
  await settled();
  expect(rig.trace()).toEqual([
    'goal j: start -> stop',
    'state j: running -> pre-stop',
    'spawn j pre-stop',
    'exit j pre-stop status 0',
    'state j: pre-stop -> stopping',
    'queued stopping',
    'handling stopping JOB=j INSTANCE= RESULT=ok',
    'finished stopping',
    'state j: stopping -> killed',
    'kill j main with TERM',
    'exit j main signal TERM',
    'state j: killed -> post-stop',
    'spawn j post-stop',
    'exit j post-stop status 0',
    'state j: post-stop -> waiting',
    'queued stopped',
    'destroyed j',
    'handling stopped JOB=j INSTANCE= RESULT=ok',
    'finished stopped',
  ]);
  expect(await result).toMatchObject({
    job: 'j',
    result: 'ok',
    ending: { kind: 'signalled', signal: 'TERM' },
  });
  expect(rig.mains.of('j').calls).toEqual(['prepare', 'spawn', 'ready', 'terminate', 'cleanUp']);
  expect(rig.faults).toEqual([]);
});

test('an event starts a task and is finished when the task is done', async () => {
  const rig = engineRig({
    jobs: [jobOf('t', { startOn: on('go'), task: true })],
    main: { t: { ends: { kind: 'exited', status: 0 } } },
  });
  expect(await rig.engine.emit('go', [{ name: 'FILE', value: 'x' }])).toEqual({ failed: false });
  await rig.engine.idle();
  expect(rig.trace()).toEqual([
    'queued go',
    'handling go FILE=x',
    'matched t',
    'goal t: stop -> start',
    'state t: waiting -> starting',
    'queued starting',
    'handling starting JOB=t INSTANCE=',
    'finished starting',
    'state t: starting -> pre-start',
    'state t: pre-start -> spawned',
    'spawn t main',
    'state t: spawned -> post-start',
    'state t: post-start -> running',
    'queued started',
    'handling started JOB=t INSTANCE=',
    'finished started',
    'exit t main status 0',
    'goal t: start -> stop',
    'state t: running -> stopping',
    'queued stopping',
    'handling stopping JOB=t INSTANCE= RESULT=ok',
    'finished stopping',
    'state t: stopping -> killed',
    'state t: killed -> post-stop',
    'state t: post-stop -> waiting',
    'queued stopped',
    'destroyed t',
    // The pass goes on to the newest event before the next pass begins with the oldest.
    'handling stopped JOB=t INSTANCE= RESULT=ok',
    'finished stopped',
    'finished go',
  ]);
  expect(Object.fromEntries(rig.mains.of('t').context.environment)).toEqual({
    PATH: '/bin',
    FILE: 'x',
    UPSTART_EVENTS: 'go',
    UPSTART_JOB: 't',
    UPSTART_INSTANCE: '',
  });
});
