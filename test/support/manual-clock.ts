import type { Clock } from '../../src/ports/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and calls what is due, in order of time, what is set meanwhile included. */
  advance(ms: number): void;
}

/** Time that stands still until a test turns it. */
export function createManualClock(): ManualClock {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly fn: () => void }>();

  function nextUntil(limit: number) {
    const due = [...timers].filter(({ at }) => at <= limit);
    return due.sort((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => time,
    after(ms, fn) {
      const timer = { at: time + ms, fn };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const limit = time + ms;
      for (let timer = nextUntil(limit); timer !== undefined; timer = nextUntil(limit)) {
        timers.delete(timer);
        time = timer.at;
        timer.fn();
      }
      time = limit;
    },
  };
}
