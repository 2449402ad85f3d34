import type { Clock } from '../../ports/clock.ts';
import { createGate, type Gate } from './gate.ts';
import { collectText, type Program, startProgram } from './program.ts';

export interface XlAnswer {
  /** It exited with 0. */
  readonly ok: boolean;
  /** It did not answer in time and was killed. */
  readonly hung: boolean;
  /** What it wrote. */
  readonly text: string;
}

export interface Xl {
  /** The program itself. */
  readonly command: string;
  /** Runs one call that is over soon. Never rejects. */
  call(...args: readonly string[]): Promise<XlAnswer>;
  /** One that takes as long as the domain is large, which is that of the run with this folder. */
  long(of: { readonly folder: string }, ...args: readonly string[]): Promise<XlAnswer>;
  /** One that may wait for a guest: its end is of no interest, and it can be given up. */
  ask(...args: readonly string[]): Program;
  /** To be entered by who creates a domain. */
  readonly creating: Gate;
}

/** Milliseconds. Without xenstored every call waits for ever. */
const CALL_LIMIT = 60_000;

/** All of the memory of a domain is read or written, to a disk or another host. */
export const LONG_LIMIT = 3_600_000;

/**
 * In flight at once. More only wait for each other, in locks of Xen's own; and its hotplug scripts are
 * killed after 10 s whoever it was that kept them waiting.
 */
const CALLS = 4;
const CREATIONS = 2;

export function createXl(options: {
  readonly command: string;
  readonly clock: Clock;
  readonly callLimit?: number;
}): Xl {
  const { command, clock, callLimit = CALL_LIMIT } = options;
  const calls = createGate(CALLS);

  async function run(
    args: readonly string[],
    { limit, ...of }: { readonly limit: number; readonly folder?: string },
  ): Promise<XlAnswer> {
    const program = startProgram([command, ...args], of);
    const text = collectText(program);
    let hung = false;
    const forget = clock.after(limit, () => {
      hung = true;
      program.kill();
    });
    const { status, failure } = await program.closed;
    forget();
    return { ok: status === 0, hung, text: failure?.message ?? text() };
  }

  return {
    command,
    creating: createGate(CREATIONS),
    async call(...args) {
      const leave = await calls.enter();
      return run(args, { limit: callLimit }).finally(leave);
    },
    long: ({ folder }, ...args) => run(args, { limit: LONG_LIMIT, folder }),
    ask(...args) {
      const program = startProgram([command, ...args]);
      collectText(program);
      return program;
    },
  };
}
