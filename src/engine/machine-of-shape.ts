/**
 * The machine as it runs: the one of job-machine.ts, with all choices made that a job's definition
 * has made already, and without the states in between. A step of XState costs by the state that it
 * goes through; this is a third of them. Jobs of the same shape share one.
 *
 * What it does is what the real machine does, action by action: a test goes through all of both.
 */
import { and, createMachine } from 'xstate';
import type { JobDefinition } from '../model/job.ts';
import { inlineTree } from './inline-tree.ts';
import { jobMachine } from './job-machine.ts';
import { configOf, type Guard, guardsFrom } from './machine-config.ts';
import { readTree } from './machine-tree.ts';
import { awaitsExpect, dropUnreached, prune, pruningFor } from './prune-tree.ts';
import type { NamedStep } from './simulation.ts';

const machines = new Map<string, typeof jobMachine>();

export function machineOfShape(job: JobDefinition): typeof jobMachine {
  const shape = shapeOf(job);
  const known = machines.get(shape);
  if (known !== undefined) return known;
  const machine = createMachineFor(job);
  machines.set(shape, machine);
  return machine;
}

/** Everything of a job that decides what its machine is. */
function shapeOf(job: JobDefinition): string {
  const { dialect, processes, domain, task, respawn, killTimeout } = job;
  return [
    dialect === 'event.d',
    domain !== undefined,
    domain?.timeout !== undefined,
    processes.main !== undefined,
    processes['pre-start'] !== undefined,
    processes['post-start'] !== undefined,
    processes['pre-stop'] !== undefined,
    processes['post-stop'] !== undefined,
    task,
    respawn,
    killTimeout === 0,
    awaitsExpect(job),
  ]
    .map(Number)
    .join('');
}

function createMachineFor(job: JobDefinition): typeof jobMachine {
  const { implementations } = jobMachine;
  const guards = implementations.guards as unknown as Record<string, Guard>;
  const actions = implementations.actions as unknown as Record<string, unknown>;
  const { meanings, ...tree } = readTree(jobMachine.config, {
    params: (params) => params,
    input: (input) => input,
  });
  const event = { type: 'goal.start' };
  prune(
    tree,
    pruningFor(job, (guard) => {
      const { type, params } = typeof guard === 'string' ? { type: guard, params: {} } : guard;
      return guards[type]?.({ context: { job }, event }, params) ?? false;
    }),
  );
  const joined = inlineTree(tree, {
    writes: (action) => fieldsOf(meanings.actions.get(nameOf(action)) ?? actions[nameOf(action)]),
    reads: (guard) => READS[guard],
  });
  dropUnreached(tree);
  const { id, context } = jobMachine.config;
  const config = { id, context, ...configOf(tree, { id: jobMachine.id, path: [] }) };
  return createMachine(
    config as never,
    {
      guards: {
        ...guards,
        ...guardsFrom(meanings.guards, guards),
        ...Object.fromEntries(Array.from(joined, ([name, all]) => [name, and(all)])),
      },
      actions: { ...actions, ...Object.fromEntries(meanings.actions) },
      actors: implementations.actors,
    } as never,
  ) as unknown as typeof jobMachine;
}

/** Fields of the context that the guards of states in which nothing rests look at. */
const READS: Readonly<Record<string, readonly string[]>> = {
  wantsUp: ['goal', 'expired'],
  wantsAgain: ['goal'],
  wantsRespawn: ['goal'],
  isAlive: ['alive'],
  isUsed: ['used'],
  isTooMany: ['tooMany'],
};

/** XState's own actions are functions that carry what they were made of; ours change no context. */
function fieldsOf(action: unknown): readonly string[] | undefined {
  if (typeof action !== 'function' || !('resolve' in action)) return [];
  const { type, assignment } = action as { type?: string; assignment?: object };
  if (type === 'xstate.sendTo') return [];
  return type === 'xstate.assign' && assignment !== undefined ? Object.keys(assignment) : undefined;
}

function nameOf(action: NamedStep): string {
  return typeof action === 'string' ? action : action.type;
}
