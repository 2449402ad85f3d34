import type { Clock } from '../../ports/clock.ts';
import type { Program } from './program.ts';
import type { Xl } from './xl.ts';

export interface Asking {
  /** Asks the guest to end; idempotent. Does nothing after `stop`. */
  ask(): void;
  /** The guest is gone, or is to go. */
  stop(): void;
}

/** Milliseconds. */
const AGAIN = 1000;

/**
 * Asks a guest to end: its kernel runs /sbin/poweroff at `xl shutdown`, which waits for the kernel's
 * answer. A guest with our small init gets SysRq-e, at which the kernel sends SIGTERM to everything
 * but its init; again and again, as the job may not run yet.
 */
export function createAsking(options: {
  readonly xl: Xl;
  readonly clock: Clock;
  readonly domid: string;
  readonly sysrq: boolean;
}): Asking {
  const { xl, clock, domid, sysrq } = options;
  let program: Program | undefined;
  let stopped = false;
  let forget = () => {};

  function ask(): void {
    if (stopped || program !== undefined) return;
    const asked = sysrq ? xl.ask('sysrq', domid, 'e') : xl.ask('shutdown', domid);
    program = asked;
    asked.closed.then(() => {
      if (sysrq) forget = clock.after(AGAIN, again);
      else program = undefined;
    });
  }

  function again(): void {
    program = undefined;
    ask();
  }

  return {
    ask,
    stop() {
      stopped = true;
      forget();
      program?.kill();
    },
  };
}
