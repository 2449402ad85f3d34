import { describe, expect, test } from 'vitest';
import { createActor, createMachine, initialTransition, transition } from 'xstate';
import { DESCRIBED } from '../../src/engine/describe-tree.ts';
import { jobMachine } from '../../src/engine/job-machine.ts';
import { complete, machineOfJob } from '../../src/engine/machine-of-job.ts';
import type { SimulatedEvent, SimulatedState } from '../../src/engine/simulation.ts';
import type { DomainSpec } from '../../src/model/domain.ts';
import type { JobDefinition } from '../../src/model/job.ts';
import { jobOf, on } from '../support/job.ts';

/** Paths of all states, and the events of each. */
function statesOf(state: SimulatedState, path = ''): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>([[path, Object.keys(state.on ?? {})]]);
  for (const [name, inner] of Object.entries(state.states ?? {})) {
    for (const [key, events] of statesOf(inner, path === '' ? name : `${path}.${name}`)) {
      found.set(key, events);
    }
  }
  return found;
}

function at(state: SimulatedState, path: string): SimulatedState | undefined {
  return path
    .split('.')
    .reduce<SimulatedState | undefined>((one, name) => one?.states?.[name], state);
}

const domain: DomainSpec = {
  image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
  vifs: [],
  console: { ready: ['^login:'], fail: [], watch: [] },
  timeout: 60,
};

describe('a job has the states that it can be in', () => {
  test('a process, and nothing beside', () => {
    const { config } = machineOfJob(jobOf('j'));
    const states = [...statesOf(config).keys()];
    expect(states).toContain('run.spawned.spawning');
    expect(states.filter((path) => path.endsWith('.process'))).toEqual([]);
    expect(states).not.toContain('run.spawned.expecting');
    expect([...statesOf(config).values()].flat()).not.toContain('deadline.due');
  });

  test('no process at all', () => {
    const states = statesOf(machineOfJob(jobOf('j', { processes: {} })).config);
    expect([...states.values()].flat().filter((event) => event.startsWith('main.'))).toEqual([]);
    expect([...states.keys()]).not.toContain('run.spawned.spawning');
    expect([...states.keys()]).not.toContain('run.killed.ending');
  });

  test('what it has is described', () => {
    const script = (text: string) => ({ kind: 'script', text }) as const;
    const { config } = machineOfJob(
      jobOf('web', {
        startOn: on('startup'),
        stopOn: on('runlevel', '[!2345]'),
        processes: { main: { kind: 'exec', text: 'web' }, 'pre-start': script('one\ntwo\n') },
        expect: 'fork',
        killTimeout: 9,
      }),
    );
    expect(at(config, 'run.starting')?.description).toContain('starts on startup');
    expect(at(config, 'run.preStart.process')?.description).toBe('script one …');
    expect(at(config, 'run.spawned.spawning')?.description).toBe('exec web');
    expect(at(config, 'run.spawned.expecting')?.description).toBe('expect fork');
    expect(at(config, 'run.killed.ending')?.description).toBe('signal TERM; KILL after 9 s');
    expect(at(config, 'run.running')?.on?.['goal.stop']?.[0]?.description).toBe(
      'stop on runlevel [!2345]',
    );
  });

  test('a domain', () => {
    const { config } = machineOfJob(jobOf('vm', { processes: {}, domain }));
    expect(at(config, 'run.preStart.preparing')?.description).toBe(
      'the image is made from busybox',
    );
    expect(at(config, 'run.postStart.awaiting')?.description).toContain('^login:');
    expect(config.states?.['run']?.on?.['deadline.due']?.[0]?.description).toContain('60 s');
  });

  test('the real machine has every state that is described', () => {
    const real = jobMachine.config as unknown as SimulatedState;
    expect(DESCRIBED.filter((path) => at(real, path) === undefined)).toEqual([]);
  });
});

const exec = (text: string) => ({ kind: 'exec', text }) as const;
const everything = {
  main: exec('main'),
  'pre-start': exec('a'),
  'post-start': exec('b'),
  'pre-stop': exec('c'),
  'post-stop': exec('d'),
};
const { main: _, ...withoutMain } = everything;

const good = { kind: 'exited', status: 0 } as const;
const bad = { kind: 'exited', status: 1 } as const;

/** Everything that can be said with one event. */
function waysOf(type: SimulatedEvent['type']): readonly SimulatedEvent[] {
  switch (type) {
    case 'main.ended':
    case 'process.ended':
      return [{ type }, { type, ending: good }, { type, ending: bad }];
    case 'main.failed':
      return [{ type }, { type, gaveWay: true }];
    default:
      return [{ type }];
  }
}

describe('every path that the simulation can take exists in the real machine', () => {
  test.each<[string, Partial<JobDefinition>]>([
    ['a service', {}],
    ['a task', { task: true }],
    ['with every process', { processes: everything }],
    ['with every process, that respawns', { processes: everything, respawn: true }],
    ['without a main process', { processes: withoutMain }],
    ['without any process', { processes: {} }],
    ['that forks', { expect: 'fork', respawn: true }],
    ['a domain', { processes: withoutMain, domain, expect: 'fork' }],
    ['of Upstart 0.3', { processes: everything, respawn: true, dialect: 'event.d' }],
  ])('%s', (_name, fields) => {
    const job = jobOf('j', fields);
    const machine = machineOfJob(job);
    const simulation = machine as unknown as typeof jobMachine;
    const types = new Set([...statesOf(machine.config).values()].flat());
    const events = [...types].flatMap((type) => waysOf(type as SimulatedEvent['type']));
    const input = { id: 1, job };
    const seen = new Set<string>();
    const visited = new Set<string>();
    const queue = [
      [initialTransition(simulation, input)[0], initialTransition(jobMachine, input)[0]] as const,
    ];
    for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
      const [simulated, real] = pair;
      expect(simulated.value).toEqual(real.value);
      const { goal, alive, used, expired } = real.context;
      expect(simulated.context).toMatchObject({ goal, alive, used, expired });
      seen.add(leafOf(real.value));
      const key = JSON.stringify([real.value, goal, alive, used, expired]);
      if (visited.has(key) || real.status !== 'active') continue;
      visited.add(key);
      for (const event of events) {
        const full = complete(event, job);
        queue.push([
          transition(simulation, simulated, event as never)[0],
          transition(jobMachine, real, full)[0],
        ]);
      }
    }
    // Every state that it shows can be reached, but those that nothing rests in.
    const shown = [...statesOf(machine.config).keys()].filter((path) =>
      rests(machine.config, path),
    );
    expect([...seen].sort()).toEqual(shown.sort());
  });
});

function leafOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [name, inner] = Object.entries(value as object)[0] as [string, unknown];
  return `${name}.${leafOf(inner)}`;
}

function rests(config: SimulatedState, path: string): boolean {
  const state = path === '' ? undefined : at(config, path);
  if (state === undefined || state.states !== undefined) return false;
  return state.always?.some(({ guard }) => guard === undefined) !== true;
}

describe('the machine', () => {
  const job = jobOf('web.server', { processes: { main: { kind: 'exec', text: 'web' } } });

  test('runs as a simulation, with events that say no more than their names', () => {
    const actor = createActor(machineOfJob(job)).start();
    const told = ['event.finished', 'main.prepared', 'main.spawned', 'main.ready'] as const;
    for (const type of told) actor.send({ type });
    expect(actor.getSnapshot().value).toEqual({ run: { running: 'serving' } });
    const down = ['main.ended', 'event.finished', 'main.cleaned'] as const;
    for (const type of down) actor.send({ type });
    expect(actor.getSnapshot()).toMatchObject({ value: 'waiting', status: 'done' });
  });

  test('its config is plain JSON, of which XState makes the same states', () => {
    const { config } = machineOfJob(job);
    const text = JSON.parse(JSON.stringify(config));
    expect(text).toEqual(config);
    expect(config.id).toBe('web_server');
    const again = createMachine(text);
    expect(Object.keys(again.states)).toEqual(['run', 'waiting']);
  });

  test('one machine knows nothing of another', () => {
    const other = machineOfJob(jobOf('j', { processes: {} }));
    const again = machineOfJob(job);
    expect(again.config).toEqual(machineOfJob(job).config);
    expect(other.config).not.toEqual(again.config);
  });
});
