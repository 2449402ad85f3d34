import { DomstartError } from '../model/errors.ts';

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
  const cancelled = () =>
    new DomstartError('cancelled', `${what} was given up`, { cause: signal.reason });
  if (signal.aborted) throw cancelled();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled());
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
