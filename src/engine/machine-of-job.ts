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
import { configOf, type Guard, guardsFrom } from './machine-config.ts';
import { readTree } from './machine-tree.ts';
import { awaitsExpect, prune, pruningFor } from './prune-tree.ts';
import type { JobMachine, SimulatedConfig, SimulatedEvent } from './simulation.ts';

export function machineOfJob(job: JobDefinition): JobMachine {
  const context = initialContext(job);
  const guards = jobMachine.implementations.guards as unknown as Record<string, Guard>;
  const event = { type: 'goal.start' };
  const { meanings, ...tree } = readTree(jobMachine.config, {
    params: (params) => params({ context, event } as never),
    input: () => undefined,
  });
  prune(
    tree,
    pruningFor(job, (guard) => {
      const { type, params } = typeof guard === 'string' ? { type: guard, params: {} } : guard;
      return guards[type]?.({ context, event }, params) ?? false;
    }),
  );
  describeTree(tree, job);
  const id = job.name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const config = { id, context, ...configOf(tree, { id, path: [] }) };
  return simulate(config, {
    guards: { ...guards, ...guardsFrom(meanings.guards, guards) },
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
