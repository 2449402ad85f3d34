import { DomstartError, toDomstartError } from '../model/errors.ts';

/** Whatever goes wrong while an image is built is a DomstartError; `cancelled` where that was wanted. */
export async function building<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    if (!signal.aborted) throw toDomstartError(error, 'host-io');
    throw new DomstartError('cancelled', 'building the image was cancelled', { cause: error });
  }
}
