import type { Clock } from '../ports/clock.ts';

/** The host's monotonic time. A timer of it keeps the process alive until it is due. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};
