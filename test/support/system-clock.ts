import type { Clock } from '../../src/ports/clock.ts';

/** Real time, for tests with real machines. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
};
