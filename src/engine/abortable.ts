import { DomstartError } from '../model/errors.ts';

/** Throws `cancelled`, with the signal's reason as its cause, where the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw cancelled(signal, what);
}

function cancelled(signal: AbortSignal, what: string): DomstartError {
  return new DomstartError('cancelled', `${what} was given up`, { cause: signal.reason });
}

/**
 * The result of `work`, or a rejection with `cancelled` as soon as the signal is aborted. Aborting
 * ends the waiting only; where the signal is aborted already, `work` does not begin.
 */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  throwIfCancelled(signal, what);
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal, what));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
