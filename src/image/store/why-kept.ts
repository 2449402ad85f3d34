import type { PruneWish } from './choose-pruned.ts';
import type { CacheEntryName } from './kinds.ts';
import type { CacheEntry } from './list-cache.ts';

/** Why an entry stays when the cache is pruned. */
export type WhyKept =
  /** By so many runs and builds. */
  | { readonly kind: 'used'; readonly count: number }
  | { readonly kind: 'needed'; readonly by: CacheEntryName }
  | { readonly kind: 'recent' }
  | { readonly kind: 'small' }
  /** Somebody began to use it, or what was made from it, when it was about to go. */
  | { readonly kind: 'taken' };

export function whyKept(
  entry: CacheEntry,
  { kept, wish, now }: { kept: readonly CacheEntry[]; wish: PruneWish; now: number },
): WhyKept {
  const { olderThan = -1, largerThan = -1 } = wish;
  if (entry.leases > 0) return { kind: 'used', count: entry.leases };
  if (now - entry.used <= olderThan) return { kind: 'recent' };
  if (entry.bytes <= largerThan) return { kind: 'small' };
  const by = kept.find(
    ({ manifest }) => manifest?.from?.kind === entry.kind && manifest.from.key === entry.key,
  );
  return by === undefined ? { kind: 'taken' } : { kind: 'needed', by };
}
