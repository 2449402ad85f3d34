import { assign, fromCallback } from 'xstate';
import type { JobInstance } from './job-instance.ts';
import type { MainCommand } from './job-machine.ts';
import { jobMachine } from './job-machine.ts';
import type { OwnProcess } from './job-state.ts';

export type BoundMachine = ReturnType<typeof bindMachine>;

/** The machine, once per engine, with its actions and actors bound to the instances that `find` knows. */
export function bindMachine(find: (id: number) => JobInstance): typeof jobMachine {
  return jobMachine.provide({
    actors: {
      mainProcess: fromCallback<MainCommand, { readonly id: number }>(
        ({ input, sendBack, receive }) => {
          receive(find(input.id).driveMain(sendBack));
        },
      ),
      ownProcess: fromCallback<
        { type: string },
        { readonly id: number; readonly process: OwnProcess }
      >(({ input, sendBack }) => {
        find(input.id).runOwn(input.process, (ending) =>
          sendBack({ type: 'process.ended', ending }),
        );
      }),
      killTimer: fromCallback<{ type: string }, { readonly id: number; readonly seconds: number }>(
        ({ input, sendBack }) =>
          find(input.id).after(input.seconds, () => sendBack({ type: 'kill.due' })),
      ),
    },
    actions: {
      announceGoal: ({ context }, { to }) => find(context.id).noteGoal(to),
      announceState: ({ context }, { to }) => find(context.id).noteState(to),
      announceRespawn: ({ context }, { kind }) => find(context.id).noteProcess('main', { kind }),
      announceKill: ({ context }, { signal }) =>
        find(context.id).noteProcess('main', { kind: 'kill', signal }),
      beginRun: ({ context }) => find(context.id).beginRun(),
      armDeadline: ({ context }) => find(context.id).armDeadline(),
      expireOwn: ({ context }) => find(context.id).expireOwn(),
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
