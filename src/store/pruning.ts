import type { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connection } from './connection.ts';
import { type JournalLimits, pruneStep, shrink } from './prune.ts';

export interface PruningOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly limits: JournalLimits;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Pruning extends Disposable {
  /** So many rows more. */
  grown(count: number): void;
}

/** A journal of which nothing was removed for so many rows, or so long, is looked through. */
const EVERY_ROWS = 500;
const EVERY_MS = 60 * 60 * 1000;
/** Between two steps others have their turn. */
const PAUSE_MS = 20;

/** Keeps a journal within its limits, in small steps. Nothing is done where nothing is written. */
export function createPruning({ connection, clock, limits, now }: PruningOptions): Pruning {
  let rows = 0;
  let last = clock.now();
  let forgetTimer: (() => void) | undefined;

  function step(): void {
    forgetTimer = undefined;
    try {
      const more = connection.transact((journal) => pruneStep(journal, { limits, now: now() }), {
        synced: false,
      });
      connection.use(shrink);
      if (more) forgetTimer = clock.after(PAUSE_MS, step);
    } catch (error) {
      // What writes tells of it; the next rows bring it up again.
      if ((error as DomstartError).name !== 'DomstartError') throw error;
    }
  }

  function begin(): void {
    rows = 0;
    last = clock.now();
    forgetTimer ??= clock.after(PAUSE_MS, step);
  }

  begin();
  return {
    grown(count) {
      rows += count;
      if (rows >= EVERY_ROWS || clock.now() - last >= EVERY_MS) begin();
    },
    [Symbol.dispose]: () => forgetTimer?.(),
  };
}
