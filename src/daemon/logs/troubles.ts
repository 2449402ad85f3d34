import type { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from './log.ts';
import type { LogFailure } from './log-failure.ts';

export type LogProblem =
  /** Logs cannot be written. Told once for all that fail for one reason. */
  | { readonly kind: 'begun'; readonly error: DomstartError }
  /** It is over: all that was kept is written. */
  | { readonly kind: 'over'; readonly error: DomstartError }
  /** The logs are closed before it was over: that many bytes were never written. */
  | { readonly kind: 'discarded'; readonly error: DomstartError; readonly bytes: number };

export interface TroublesOptions {
  readonly clock: Clock;
  readonly onProblem: (problem: LogProblem) => void;
  /** The log is to be tried again. */
  readonly retry: (log: Log) => void;
}

/**
 * The logs that cannot be written, by reason. Of those with the same reason one is tried again
 * after 1 s, 2 s, 4 s and so on up to 16 s; when it was written, all others follow. So a disk that
 * is full costs one attempt now and then, however many jobs there are.
 */
export interface Troubles {
  failed(log: Log, failure: LogFailure): void;
  /** All of it is written. */
  written(log: Log): void;
  /** Tells of each what is discarded; gives how many bytes that is. */
  close(): number;
}

interface Trouble {
  readonly error: DomstartError;
  readonly logs: Set<Log>;
  wait: number;
  forgetTimer: (() => void) | undefined;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 16_000;

export function createTroubles({ clock, onProblem, retry }: TroublesOptions): Troubles {
  const troubles = new Map<string, Trouble>();
  const keys = new Map<Log, string>();

  function leave(log: Log): Trouble | undefined {
    const key = keys.get(log);
    const trouble = key === undefined ? undefined : troubles.get(key);
    if (key === undefined || trouble === undefined) return undefined;
    keys.delete(log);
    trouble.logs.delete(log);
    if (trouble.logs.size > 0) return trouble;
    trouble.forgetTimer?.();
    troubles.delete(key);
    return trouble;
  }

  function probe(trouble: Trouble): void {
    trouble.forgetTimer = undefined;
    trouble.wait = Math.min(2 * trouble.wait, LONGEST_WAIT_MS);
    for (const log of trouble.logs) {
      // The next time another one, in case this one has a reason of its own as well.
      trouble.logs.delete(log);
      trouble.logs.add(log);
      retry(log);
      return;
    }
  }

  return {
    failed(log, { key, error }) {
      if (keys.get(log) !== key) leave(log);
      keys.set(log, key);
      let trouble = troubles.get(key);
      if (trouble === undefined) {
        trouble = { error, logs: new Set(), wait: FIRST_WAIT_MS, forgetTimer: undefined };
        troubles.set(key, trouble);
        onProblem({ kind: 'begun', error });
      }
      trouble.logs.add(log);
      const { wait } = trouble;
      trouble.forgetTimer ??= clock.after(wait, () => probe(trouble));
    },
    written(log) {
      const trouble = leave(log);
      if (trouble === undefined) return;
      if (trouble.logs.size === 0) onProblem({ kind: 'over', error: trouble.error });
      else for (const other of trouble.logs) if (other.waits) retry(other);
    },
    close() {
      let all = 0;
      for (const { error, logs, forgetTimer } of troubles.values()) {
        forgetTimer?.();
        const bytes = [...logs].reduce((sum, { queue }) => sum + queue.size, 0);
        all += bytes;
        onProblem({ kind: 'discarded', error, bytes });
      }
      troubles.clear();
      keys.clear();
      return all;
    },
  };
}
