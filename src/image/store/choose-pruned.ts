import type { CacheEntryName } from './kinds.ts';
import type { CacheEntry } from './list-cache.ts';

export interface PruneWish {
  /** Only what was not used for longer than this, in milliseconds. */
  readonly olderThan?: number | undefined;
  /** Only what takes more than this, in bytes. */
  readonly largerThan?: number | undefined;
  /** Only so much, what was not used for the longest time first, that this many bytes are left. */
  readonly limit?: number | undefined;
}

/**
 * What is to go: what the wish says, but nothing that is used or that something that stays was made
 * from. In the order in which it may be removed.
 */
export function choosePruned(
  entries: readonly CacheEntry[],
  { olderThan = -1, largerThan = -1, limit }: PruneWish,
  now: number,
): CacheEntry[] {
  const staying = new Set(entries);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const isWished = (entry: CacheEntry) =>
    now - entry.used > olderThan &&
    entry.bytes > largerThan &&
    (limit === undefined || bytes > limit);
  const chosen: CacheEntry[] = [];
  const oldestFirst = entries.toSorted((a, b) => a.used - b.used);
  // What an entry was made from can go once the entry has gone: so once more for every step of that.
  for (let found = true; found; ) {
    found = false;
    for (const entry of oldestFirst) {
      if (!staying.has(entry) || entry.leases > 0 || !isWished(entry)) continue;
      if (isNeeded(entry, staying)) continue;
      staying.delete(entry);
      bytes -= entry.bytes;
      chosen.push(entry);
      found = true;
      // The oldest of those that may go now may be another one.
      if (limit !== undefined) break;
    }
  }
  return chosen;
}

function isNeeded(entry: CacheEntry, staying: ReadonlySet<CacheEntry>): boolean {
  return Array.from(staying).some(({ manifest }) => isSame(manifest?.from, entry));
}

function isSame(one: CacheEntryName | undefined, other: CacheEntryName): boolean {
  return one?.kind === other.kind && one.key === other.key;
}
