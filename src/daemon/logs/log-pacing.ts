import type { Clock } from '../../ports/clock.ts';
import type { Log } from './log.ts';

export interface LogPacingOptions {
  readonly clock: Clock;
  /** In bytes, what may wait of one log before it has enough. */
  readonly enough: number;
}

/** How fast the output of jobs may come: as fast as the disk takes it, so that nothing is lost. */
export interface LogPacing {
  /** A promise where the log has enough for now; it settles when there is room again. */
  paceOf(log: Log): Promise<void> | undefined;
  /** Something of the log was written, or was tried in vain. */
  settled(log: Log): void;
  /** Holds nobody any more. */
  close(): void;
}

/** No job waits longer for a disk that does not answer. */
const PATIENCE_MS = 1000;

interface Wait {
  readonly promise: Promise<void>;
  readonly end: () => void;
}

/**
 * Only a disk that is slow holds a job back. For one that is full, or hangs, no job waits: what it
 * writes is kept in memory, and the oldest is dropped.
 */
export function createLogPacing({ clock, enough }: LogPacingOptions): LogPacing {
  const waits = new Map<Log, Wait>();
  const hopeless = new WeakSet<Log>();
  let closed = false;

  function begin(log: Log): Wait {
    const { promise, resolve } = Promise.withResolvers<void>();
    const forgetTimer = clock.after(PATIENCE_MS, () => {
      hopeless.add(log);
      end();
    });
    const end = () => {
      forgetTimer();
      waits.delete(log);
      resolve();
    };
    const wait = { promise, end };
    waits.set(log, wait);
    return wait;
  }

  return {
    paceOf(log) {
      if (closed || log.waits || log.queue.size < enough || hopeless.has(log)) return undefined;
      return (waits.get(log) ?? begin(log)).promise;
    },
    settled(log) {
      hopeless.delete(log);
      if (log.waits || log.queue.size <= enough / 2) waits.get(log)?.end();
    },
    close() {
      closed = true;
      for (const { end } of waits.values()) end();
    },
  };
}
