import { cacheFolder } from '../../src/host/paths.ts';
import { type Base, obtainBase } from '../../src/image/base/base.ts';

/** Bookworm as it is now, out of the cache that all tests share; made once, in about 20 s. */
export function sharedBase({ packages = [] as readonly string[] } = {}): Promise<Base> {
  return obtainBase({
    source: { kind: 'debootstrap', suite: 'bookworm' },
    packages,
    cache: cacheFolder(),
    mayFetch: true,
    signal: AbortSignal.timeout(15 * 60_000),
    onProgress: () => {},
  });
}
