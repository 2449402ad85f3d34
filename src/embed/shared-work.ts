import { abortable } from '../engine/abortable.ts';

/** Work that is done once for all who ask for it. */
export interface SharedWork<T> extends AsyncDisposable {
  /** Its result. Aborting the signal ends the waiting of this one only: `cancelled`. */
  get(signal: AbortSignal): Promise<T>;
}

/**
 * Begins with the first who asks, and goes on also when that one leaves. What failed begins again
 * with the next: what was missing may be there by then. Disposing aborts it and waits for its end.
 */
export function createSharedWork<T>(
  what: string,
  work: (signal: AbortSignal) => Promise<T>,
): SharedWork<T> {
  const end = new AbortController();
  let going: Promise<T> | undefined;

  function begin(): Promise<T> {
    const begun = work(end.signal);
    begun.catch(() => {
      going = undefined;
    });
    return begun;
  }

  return {
    get: (signal) =>
      abortable(signal, what, () => {
        going ??= begin();
        return going;
      }),
    async [Symbol.asyncDispose]() {
      end.abort();
      await going?.catch(() => undefined);
    },
  };
}
