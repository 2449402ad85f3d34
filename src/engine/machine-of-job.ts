/**
 * One job's own machine, for Stately's tools: the real machine (job-machine.ts) without what the
 * job does not have, in plain data, with descriptions. It is derived and never written down a second
 * time. Its guards and actions are the real ones, unbound: they move the machine and do nothing
 * outside of it.
 */
import { createMachine } from 'xstate';
import type { JobDefinition } from '../model/job.ts';
import { describeTree } from './describe-tree.ts';
import { type JobMachineEvent, jobMachine } from './job-machine.ts';
import { type Path, readTree, type TreeState, type TreeTransition } from './machine-tree.ts';
import { awaitsExpect, prune, pruningFor } from './prune-tree.ts';
import type {
  JobMachine,
  SimulatedConfig,
  SimulatedEvent,
  SimulatedState,
  SimulatedTransition,
} from './simulation.ts';

type Guard = (args: { context: unknown; event: unknown }, params: unknown) => boolean;

export function machineOfJob(job: JobDefinition): JobMachine {
  const context = initialContext(job);
  const guards = jobMachine.implementations.guards as unknown as Record<string, Guard>;
  const event = { type: 'goal.start' };
  const { meanings, ...tree } = readTree(jobMachine.config, (params) =>
    params({ context, event } as never),
  );
  prune(
    tree,
    pruningFor(job, (guard) => {
      const { type, params } = typeof guard === 'string' ? { type: guard, params: {} } : guard;
      return guards[type]?.({ context, event }, params) ?? false;
    }),
  );
  describeTree(tree, job);
  const id = job.name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const config = { id, context, ...stateOf(tree, { id, path: [] }) };
  return simulate(config, {
    guards: { ...guards, ...fromMeanings(meanings.guards, guards) },
    actions: { ...jobMachine.implementations.actions, ...Object.fromEntries(meanings.actions) },
    actors: jobMachine.implementations.actors,
  });
}

/** As the real one begins, in JSON, which has no infinity. */
function initialContext(job: JobDefinition): SimulatedConfig['context'] {
  const make = jobMachine.config.context as unknown as (args: object) => object;
  const text = JSON.stringify(make({ input: { id: 0, job } }), (_key, value: unknown) =>
    value === Number.NEGATIVE_INFINITY ? Number.MIN_SAFE_INTEGER : value,
  );
  return JSON.parse(text);
}

/** A guard with `params` that depend on the event stands for another guard, given those. */
function fromMeanings(meanings: ReadonlyMap<string, unknown>, guards: Record<string, Guard>) {
  return Object.fromEntries(
    Array.from(meanings, ([name, meaning]): [string, Guard] => {
      if (typeof meaning === 'function') return [name, meaning as Guard];
      const { type, params } = meaning as { type: string; params: (args: unknown) => unknown };
      return [name, (args) => guards[type]?.(args, params(args)) ?? false];
    }),
  );
}

/** The machine, which completes each event before it takes it. */
function simulate(config: SimulatedConfig, implementations: object): JobMachine {
  const machine = createMachine(config as never, implementations as never);
  const { transition } = machine;
  const job = config.context['job'] as JobDefinition;
  return Object.assign(machine, {
    transition: (snapshot: never, event: SimulatedEvent, scope: never) =>
      transition.call(machine, snapshot, complete(event, job) as never, scope),
  }) as unknown as JobMachine;
}

const WELL = { kind: 'exited', status: 0 } as const;

/** What is not said is as for a good end. */
export function complete(event: SimulatedEvent, job: JobDefinition): JobMachineEvent {
  const { type, ending = WELL, now = 0, gaveWay = false } = event;
  switch (type) {
    case 'main.spawned':
      return { type, awaited: event.awaited ?? awaitsExpect(job) };
    case 'main.ended':
      return { type, ending, now };
    case 'process.ended':
      return { type, ending };
    case 'main.failed':
      return { type, phase: 'prepare', error: undefined as never, gaveWay };
    case 'deadline.due':
      return { type, error: undefined as never };
    default:
      return { ...event, type };
  }
}

interface Place {
  readonly id: string;
  readonly path: Path;
}

function stateOf(state: TreeState, { id, path }: Place): SimulatedState {
  const { description, final, initial, entry, invoke, always, on, states } = state;
  const transitions = (list: readonly TreeTransition[]) =>
    list.map((one) => transitionOf(one, { id, path }));
  const inner = Array.from(states, ([name, one]) => [
    name,
    stateOf(one, { id, path: [...path, name] }),
  ]);
  const handled = Array.from(on, ([event, list]) => [event, transitions(list)]);
  return {
    ...(description === undefined ? {} : { description }),
    ...(final ? { type: 'final' } : {}),
    ...(entry.length === 0 ? {} : { entry }),
    ...(invoke.length === 0 ? {} : { invoke }),
    ...(always.length === 0 ? {} : { always: transitions(always) }),
    ...(handled.length === 0 ? {} : { on: Object.fromEntries(handled) }),
    ...(initial === undefined ? {} : { initial }),
    ...(inner.length === 0 ? {} : { states: Object.fromEntries(inner) }),
  };
}

function transitionOf(transition: TreeTransition, { id, path }: Place): SimulatedTransition {
  const { target, guard, actions, description } = transition;
  return {
    ...(target === undefined ? {} : { target: nameOf(target, { id, path }) }),
    ...(guard === undefined ? {} : { guard }),
    ...(actions.length === 0 ? {} : { actions }),
    ...(description === undefined ? {} : { description }),
  };
}

/** Short where it stands beside the state that leads to it. */
function nameOf(target: Path, { id, path }: Place): string {
  const beside =
    target.length === path.length && path.slice(0, -1).every((name, at) => target[at] === name);
  return beside ? (target.at(-1) as string) : `#${[id, ...target].join('.')}`;
}
