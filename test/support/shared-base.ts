import { cacheFolder } from '../../src/host/paths.ts';
import { type Base, obtainBase } from '../../src/image/base/base.ts';

/** Bookworm as it is now, out of the cache that all tests share; made once, in about 20 s. */
export function sharedBase(): Promise<Base> {
  return obtainBase({
    source: { kind: 'debootstrap', suite: 'bookworm' },
    cache: cacheFolder(),
    mayFetch: true,
    signal: AbortSignal.timeout(15 * 60_000),
    onProgress: () => {},
  });
}
