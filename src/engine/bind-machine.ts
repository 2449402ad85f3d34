import { assign, fromCallback } from 'xstate';
import type { JobDefinition } from '../model/job.ts';
import type { JobInstance } from './job-instance.ts';
import type { jobMachine, MainCommand } from './job-machine.ts';
import type { OwnProcess } from './job-state.ts';
import { machineOfShape } from './machine-of-shape.ts';

export type BoundMachine = typeof jobMachine;

/** Gives each job its machine, with actions and actors bound to the instances that `find` knows. */
export function bindMachines(
  find: (id: number) => JobInstance,
): (job: JobDefinition) => BoundMachine {
  const bound = new Map<BoundMachine, BoundMachine>();
  return (job) => {
    const shape = machineOfShape(job);
    const known = bound.get(shape);
    if (known !== undefined) return known;
    const machine = bind(shape, find);
    bound.set(shape, machine);
    return machine;
  };
}

function bind(machine: BoundMachine, find: (id: number) => JobInstance): BoundMachine {
  return machine.provide({
    actors: {
      mainProcess: fromCallback<MainCommand, { readonly id: number }>(
        ({ input, sendBack, receive }) => {
          receive(find(input.id).processes.driveMain(sendBack));
        },
      ),
      ownProcess: fromCallback<
        { type: string },
        { readonly id: number; readonly process: OwnProcess }
      >(({ input, sendBack }) => {
        find(input.id).processes.runOwn(input.process, (ending) =>
          sendBack({ type: 'process.ended', ending }),
        );
      }),
      killTimer: fromCallback<{ type: string }, { readonly id: number; readonly seconds: number }>(
        ({ input, sendBack }) =>
          find(input.id).processes.after(input.seconds, () => sendBack({ type: 'kill.due' })),
      ),
    },
    actions: {
      announceGoal: ({ context }, { to }) => find(context.id).noteGoal(to),
      announceState: ({ context }, { to }) => find(context.id).noteState(to),
      announceRespawn: ({ context }, { kind }) => find(context.id).processes.note('main', { kind }),
      announceKill: ({ context }, { signal }) =>
        find(context.id).processes.note('main', { kind: 'kill', signal }),
      beginRun: ({ context }) => find(context.id).beginRun(),
      armDeadline: ({ context }) => find(context.id).armDeadline(),
      expireOwn: ({ context }) => find(context.id).processes.expireOwn(),
      queueEvent: ({ context }, { name }) => find(context.id).queueEvent(name, context.failure),
      release: ({ context }, outcome) => find(context.id).release(outcome),
      noteFailure: ({ context }, { failure, error }) =>
        find(context.id).noteFailure(failure, error),
      dropStopEnvironment: ({ context }) => find(context.id).dropStopEnvironment(),
      settle: ({ context }) => find(context.id).settle(),
      countStart: assign({
        tooMany: ({ context }) =>
          context.job.dialect === 'event.d' && find(context.id).countStart(),
      }),
    },
  });
}
