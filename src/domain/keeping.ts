import type { Clock } from '../ports/clock.ts';

/** How long a domain stays whose run has failed. */
export interface Keeping {
  /** Milliseconds since 1970 at which it is over; undefined where the domain is not kept. */
  readonly until: number | undefined;
  /** Begins it; false where the job does not want that, or has had it. */
  begin(): boolean;
  /** The domain is gone, or is to go. */
  stop(): void;
}

export function createKeeping(options: {
  readonly seconds: number | undefined;
  readonly clock: Clock;
  readonly onOver: () => void;
}): Keeping {
  const { seconds, clock, onOver } = options;
  let until: number | undefined;
  let begun = false;
  let forget = () => {};

  return {
    get until() {
      return until;
    },
    begin() {
      if (begun || seconds === undefined) return false;
      begun = true;
      until = Date.now() + seconds * 1000;
      forget = clock.after(seconds * 1000, onOver);
      return true;
    },
    stop() {
      begun = true;
      until = undefined;
      forget();
    },
  };
}
