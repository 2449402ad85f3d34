import { DomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { createBreather } from './breather.ts';
import type { JobStore } from './job-store.ts';
import { readAll } from './read-all.ts';
import { rescan } from './rescan.ts';
import { SETTLE_MS } from './settling.ts';

/** One look at a time; all resolve when a look is done that began after they were asked for. */
export interface Looks {
  /** Reads everything. */
  all(): Promise<void>;
  /** Reads what has changed in one folder. */
  some(at: number): Promise<void>;
  /** Gives up the look that is going on; none begins any more. */
  close(): Promise<void>;
}

interface LooksOptions {
  readonly clock: Clock;
  readonly overridden: 'once' | 'twice';
  readonly time: () => number;
  /** After every look. */
  readonly onDone: () => void;
  /** A look that nobody asked for went wrong. */
  readonly onFailed: (at: number, error: unknown) => void;
}

type Asked = PromiseWithResolvers<void>;

export function createLooks(store: JobStore, options: LooksOptions): Looks {
  const { clock, overridden, time, onDone, onFailed } = options;
  const now = () => clock.now();
  const closing = new AbortController();
  const { signal } = closing;
  const timers = new Map<number, { readonly due: number; readonly cancel: () => void }>();
  const asked = new Map<number, Asked>();
  let askedAll: Asked | undefined;
  let working: Promise<void> | undefined;

  const lookAgain = (at: number, ms: number) => {
    const due = now() + ms;
    const timer = timers.get(at);
    if (signal.aborted || (timer !== undefined && timer.due <= due)) return;
    timer?.cancel();
    // A timer may be early by a part of a millisecond.
    const cancel = clock.after(Math.ceil(ms) + 1, () => {
      timers.delete(at);
      some(at).catch((error) => {
        if (!signal.aborted) onFailed(at, error);
      });
    });
    timers.set(at, { due, cancel });
  };

  const look = async (work: () => Promise<void>, whose: readonly Asked[]) => {
    try {
      await work();
      onDone();
      for (const { resolve } of whose) resolve();
    } catch (error) {
      for (const { reject } of whose) reject(signal.aborted ? closed(error) : error);
    }
  };

  const lookAtAll = (own: Asked) => {
    // A look at everything is a look at each.
    const whose = [own, ...asked.values()];
    asked.clear();
    askedAll = undefined;
    const breathe = createBreather(signal);
    const again = (at: number) => lookAgain(at, SETTLE_MS);
    return look(() => readAll(store, { overridden, breathe, lookAgain: again }), whose);
  };

  const lookAt = (at: number, own: Asked) => {
    asked.delete(at);
    const breathe = createBreather(signal);
    return look(() => rescan(store, at, { now, time, breathe, lookAgain }), [own]);
  };

  const work = async () => {
    while (!signal.aborted) {
      const [first] = asked;
      if (askedAll !== undefined) await lookAtAll(askedAll);
      else if (first !== undefined) await lookAt(...first);
      else break;
    }
    working = undefined;
  };

  const begin = (one: Asked) => {
    if (signal.aborted) one.reject(closed());
    // Not at once: who asks has not got the promise yet.
    else working ??= Promise.resolve().then(work);
    return one.promise;
  };

  const all = () => {
    askedAll ??= Promise.withResolvers();
    return begin(askedAll);
  };

  const some = (at: number) => {
    const one = asked.get(at) ?? Promise.withResolvers<void>();
    asked.set(at, one);
    return begin(one);
  };

  return {
    all,
    some,
    async close() {
      closing.abort();
      for (const { cancel } of timers.values()) cancel();
      await working;
      for (const { reject } of [...asked.values(), ...(askedAll ? [askedAll] : [])])
        reject(closed());
    },
  };
}

function closed(cause?: unknown): DomstartError {
  return new DomstartError('cancelled', 'reading the job files was given up: they are closed', {
    cause,
  });
}
