import { expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import type { JobMachineEvent } from '../../src/engine/job-machine.ts';
import { jobMachine } from '../../src/engine/job-machine.ts';
import { DomstartError } from '../../src/model/errors.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import { jobOf } from '../support/job.ts';

const script = { kind: 'script', text: ':' } as const;
const all = {
  main: script,
  'pre-start': script,
  'post-start': script,
  'pre-stop': script,
  'post-stop': script,
};

const { 'pre-stop': _, ...withoutPreStop } = all;

/** Words for events, so that a row reads as a story. */
const events: Readonly<Record<string, JobMachineEvent>> = {
  start: { type: 'goal.start' },
  stop: { type: 'goal.stop' },
  released: { type: 'event.finished' },
  prepared: { type: 'main.prepared' },
  spawned: { type: 'main.spawned', awaited: false },
  ready: { type: 'main.ready' },
  cleaned: { type: 'main.cleaned' },
  exit0: { type: 'main.ended', ending: { kind: 'exited', status: 0 }, now: 1 },
  exit1: { type: 'main.ended', ending: { kind: 'exited', status: 1 }, now: 1 },
  ok: { type: 'process.ended', ending: { kind: 'exited', status: 0 } },
  bad: { type: 'process.ended', ending: { kind: 'exited', status: 1 } },
  due: { type: 'kill.due' },
  unprepared: {
    type: 'main.failed',
    phase: 'prepare',
    error: new DomstartError('internal', 'no'),
    gaveWay: false,
  },
  gaveWay: {
    type: 'main.failed',
    phase: 'ready',
    error: new DomstartError('cancelled', 'no'),
    gaveWay: true,
  },
};

/** Where the machine is after these events: `goal/state[.step]`. No action is carried out. */
function after(fields: Partial<JobDefinition>, story: string): string {
  let [snapshot] = initialTransition(jobMachine, { id: 1, job: jobOf('j', fields) });
  for (const word of story.split(' ').filter(Boolean)) {
    const event = events[word];
    if (event === undefined) throw new Error(`no such event: ${word}`);
    [snapshot] = transition(jobMachine, snapshot, event);
  }
  const { value, context } = snapshot;
  return `${context.goal}/${typeof value === 'string' ? value : leaf(value['run'])}`;
}

function leaf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [state, step] = Object.entries(value as Record<string, unknown>)[0] as [string, unknown];
  return `${state}.${leaf(step)}`;
}

const toRunning = 'released prepared spawned ready';
const toRunningWithAll = 'released prepared ok spawned ready ok';
const down = 'released exit0 cleaned';

test.each<[string, Partial<JobDefinition>, string, string]>([
  ['it begins by asking', {}, '', 'start/starting.announced'],
  ['it starts', {}, 'released', 'start/preStart.preparing'],
  ['main runs', {}, 'released prepared spawned', 'start/postStart.awaiting'],
  ['a service runs', {}, toRunning, 'start/running.serving'],
  ['a task runs', { task: true }, toRunning, 'start/running.started'],
  ['without processes it runs at once', { processes: {} }, 'released', 'start/running.serving'],
  ['all processes are awaited', { processes: all }, 'released prepared', 'start/preStart.process'],
  ['and then it runs', { processes: all }, toRunningWithAll, 'start/running.serving'],
  ['stop before starting is over', {}, 'stop', 'stop/starting.announced'],
  ['goes to stopping then', {}, 'stop released', 'stop/stopping'],
  ['stop and start again before that', {}, 'stop start released', 'start/preStart.preparing'],
  [
    'stop in pre-start waits',
    { processes: all },
    'released prepared stop',
    'stop/preStart.process',
  ],
  ['and skips main', { processes: all }, 'released prepared stop ok', 'stop/stopping'],
  ['a bad pre-start', { processes: all }, 'released prepared bad', 'stop/stopping'],
  ['an image that cannot be built', {}, 'released unprepared', 'stop/stopping'],
  ['and is cleaned up', {}, 'released unprepared released', 'stop/postStop.cleaning'],
  ['stop of a running job', {}, `${toRunning} stop`, 'stop/stopping'],
  ['with pre-stop', { processes: all }, `${toRunningWithAll} stop`, 'stop/preStop.process'],
  [
    'start in pre-stop',
    { processes: all },
    `${toRunningWithAll} stop start ok`,
    'start/running.resumed',
  ],
  ['bad pre-stop is as good', { processes: all }, `${toRunningWithAll} stop bad`, 'stop/stopping'],
  ['main is killed', {}, `${toRunning} stop released`, 'stop/killed.ending'],
  ['and killed harder', {}, `${toRunning} stop released due`, 'stop/killed.ending'],
  ['then cleaned up', {}, `${toRunning} stop released exit1`, 'stop/postStop.cleaning'],
  ['and it waits', {}, `${toRunning} stop ${down}`, 'stop/waiting'],
  [
    'start in killed',
    {},
    `${toRunning} stop released start exit0 cleaned`,
    'start/starting.announced',
  ],
  ['restart', {}, `${toRunning} stop start ${down}`, 'start/starting.announced'],
  ['main ends well', {}, `${toRunning} exit0`, 'stop/stopping'],
  ['nobody is killed then', {}, `${toRunning} exit0 released`, 'stop/postStop.cleaning'],
  ['main ends badly', {}, `${toRunning} exit1 released cleaned`, 'stop/waiting'],
  ['main ends in stopping', {}, `${toRunning} stop exit1 released`, 'stop/postStop.cleaning'],
  ['respawn', { respawn: true }, `${toRunning} exit1`, 'start/stopping'],
  [
    'and again',
    { respawn: true },
    `${toRunning} exit1 released cleaned`,
    'start/starting.announced',
  ],
  [
    'respawn during post-start',
    { respawn: true, processes: all },
    'released prepared ok spawned ready exit1',
    'respawn/postStart.process',
  ],
  [
    'is taken up behind it',
    { respawn: true, processes: all },
    'released prepared ok spawned ready exit1 ok',
    'start/stopping',
  ],
  ['stop while made ready', {}, 'released prepared spawned stop gaveWay', 'stop/stopping'],
  [
    'restart while made ready',
    {},
    'released prepared spawned stop start gaveWay',
    'start/stopping',
  ],
  [
    'a bad post-stop ends a restart',
    { processes: withoutPreStop },
    `${toRunningWithAll} stop start ${down} bad`,
    'stop/waiting',
  ],
])('%s', (_name, fields, story, where) => {
  expect(after(fields, story)).toBe(where);
});
