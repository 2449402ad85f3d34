import { describe, expect, test } from 'vitest';
import { initialTransition, transition } from 'xstate';
import { type JobMachineEvent, jobMachine } from '../../src/engine/job-machine.ts';
import { machineOfShape } from '../../src/engine/machine-of-shape.ts';
import type { DomainSpec } from '../../src/model/domain.ts';
import { DomstartError } from '../../src/model/errors.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import { jobOf } from '../support/job.ts';

const exec = { kind: 'exec', text: 'x' } as const;
const own = { 'pre-start': exec, 'post-start': exec, 'pre-stop': exec, 'post-stop': exec };
const domain = (timeout?: number): DomainSpec => ({
  image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
  vifs: [],
  console: { ready: ['^login:'], fail: [], watch: [] },
  ...(timeout === undefined ? {} : { timeout }),
});

const error = new DomstartError('internal', 'no');
const good = { kind: 'exited', status: 0 } as const;
const bad = { kind: 'exited', status: 1 } as const;
const EVENTS: readonly JobMachineEvent[] = [
  { type: 'goal.start' },
  { type: 'goal.stop' },
  { type: 'event.finished' },
  { type: 'main.prepared' },
  { type: 'main.spawned', awaited: false },
  { type: 'main.spawned', awaited: true },
  { type: 'main.settled' },
  { type: 'main.ready' },
  { type: 'main.ended', ending: good, now: 1 },
  { type: 'main.ended', ending: bad, now: 1 },
  { type: 'main.cleaned' },
  { type: 'main.failed', phase: 'prepare', error, gaveWay: false },
  { type: 'main.failed', phase: 'prepare', error, gaveWay: true },
  { type: 'process.ended', ending: good },
  { type: 'process.ended', ending: bad },
  { type: 'kill.due' },
  { type: 'deadline.due', error },
];

/** What of these can come to such a job. */
function eventsOf(job: JobDefinition): readonly JobMachineEvent[] {
  const hasMain = job.domain !== undefined || job.processes.main !== undefined;
  const awaits = job.expect === 'fork' || job.daemon === true;
  return EVENTS.filter((event) => {
    if (event.type === 'deadline.due') return job.domain?.timeout !== undefined;
    if (event.type === 'main.settled') return awaits;
    if (event.type === 'main.spawned' && event.awaited) return awaits;
    return hasMain || !(event.type.startsWith('main.') || event.type === 'kill.due');
  });
}

interface Told {
  readonly type: string;
  readonly params?: unknown;
}

/** What is done, in order, in words that do not depend on how actors are called. */
function told(actions: readonly Told[], job: JobDefinition): readonly string[] {
  const hasMain = job.domain !== undefined || job.processes.main !== undefined;
  const words = actions.map(({ type, params }) => {
    const { src, input, event } = (params ?? {}) as Record<string, unknown>;
    switch (type) {
      case 'xstate.spawnChild':
        return `spawn ${src} ${JSON.stringify(input)}`;
      case 'xstate.stopChild':
        return `stop ${src}`;
      case 'xstate.sendTo':
        return `tell mainProcess ${JSON.stringify(event)}`;
      default:
        return `${type} ${JSON.stringify(params ?? null)}`;
    }
  });
  // What means nothing to the job is left out.
  return words.filter(
    (word) =>
      (hasMain || !word.includes(' mainProcess')) &&
      (job.domain?.timeout !== undefined || !word.startsWith('armDeadline')),
  );
}

/** Goes through all states of both machines, and every event in each. */
function compare(job: JobDefinition): number {
  const machine = machineOfShape(job);
  const input = { id: 1, job };
  const begin = [initialTransition(machine, input), initialTransition(jobMachine, input)] as const;
  expect(told(begin[0][1], job)).toEqual(told(begin[1][1], job));
  const queue = [[begin[0][0], begin[1][0]] as const];
  const visited = new Set<string>();
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    const [ours, real] = pair;
    expect(ours.value).toEqual(real.value);
    expect(ours.status).toBe(real.status);
    expect(ours.context).toEqual(real.context);
    const { job: _, series: __, failure, ...context } = real.context;
    const key = JSON.stringify([real.value, context, failure?.process]);
    if (visited.has(key) || real.status !== 'active') continue;
    visited.add(key);
    for (const event of eventsOf(job)) {
      const [next, actions] = transition(machine, ours, event);
      const [realNext, realActions] = transition(jobMachine, real, event);
      expect({ key, event, does: told(actions, job) }).toEqual({
        key,
        event,
        does: told(realActions, job),
      });
      queue.push([next, realNext]);
    }
  }
  return visited.size;
}

describe('the machine of a shape does what the real machine does', () => {
  const processes = { main: exec };
  test.each<[string, Partial<JobDefinition>]>([
    ['a service', { processes }],
    ['a task', { processes, task: true }],
    ['one that respawns', { processes, respawn: true }],
    ['one that is killed at once', { processes, killTimeout: 0 }],
    ['one that forks', { processes, expect: 'fork', respawn: true }],
    ['with every process', { processes: { ...processes, ...own } }],
    ['with every process, that respawns', { processes: { ...processes, ...own }, respawn: true }],
    ['with some processes', { processes: { ...processes, 'post-start': exec }, task: true }],
    ['without a main process', { processes: own }],
    ['without any process', { processes: {} }],
    ['without any, a task', { processes: {}, task: true }],
    ['a domain', { processes: {}, domain: domain() }],
    ['a domain with a deadline', { processes: own, domain: domain(60) }],
    ['of Upstart 0.3', { processes, dialect: 'event.d', respawn: true }],
    [
      'of Upstart 0.3 with every process',
      { processes: { ...processes, ...own }, dialect: 'event.d' },
    ],
    ['of Upstart 0.3 that forks', { processes, dialect: 'event.d', daemon: true }],
    ['of Upstart 0.3 without any', { processes: {}, dialect: 'event.d' }],
  ])('%s', (_name, fields) => {
    expect(compare(jobOf('j', fields))).toBeGreaterThan(3);
  });

  test('jobs of one shape share a machine', () => {
    const one = machineOfShape(jobOf('one', { processes }));
    expect(machineOfShape(jobOf('two', { processes, env: ['A=1'] }))).toBe(one);
    expect(machineOfShape(jobOf('three', { processes, task: true }))).not.toBe(one);
  });
});
