import type { Clock } from '../ports/clock.ts';
import type { RunningDomain } from '../ports/hypervisor.ts';

/**
 * How long a domain may go without a sign of its init. Processor time tells hung from slow: a boot
 * takes one to three seconds of it whatever else the host does. The wall clock catches guests that
 * wait for ever without using any.
 */
export interface BootLimits {
  readonly processorSeconds: number;
  readonly wallSeconds: number;
}

export const DEFAULT_BOOT_LIMITS: BootLimits = { processorSeconds: 10, wallSeconds: 45 };

const LOOK_EVERY_MS = 1000;

/** Calls `onHung` once, with what was observed, where a limit is passed. Returns what ends it. */
export function watchBoot(options: {
  readonly clock: Clock;
  readonly domain: RunningDomain;
  readonly limits: BootLimits;
  readonly onHung: (observed: string) => void;
}): () => void {
  const { clock, domain, limits, onHung } = options;
  const begin = clock.now();
  let paused = 0;
  let forget = clock.after(LOOK_EVERY_MS, look);

  function look(): void {
    const used = domain.processorSeconds() ?? 0;
    if (domain.isPaused()) paused += LOOK_EVERY_MS;
    const passed = (clock.now() - begin - paused) / 1000;
    if (used > limits.processorSeconds) {
      onHung(`no sign of its init after ${used.toFixed(1)} s of processor time`);
    } else if (passed >= limits.wallSeconds) {
      onHung(`no sign of its init after ${passed.toFixed(0)} s`);
    } else {
      forget = clock.after(LOOK_EVERY_MS, look);
    }
  }

  return () => forget();
}
