import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, withTemporary } from '../../system/cache-entry.ts';
import { choosePruned, type PruneWish } from './choose-pruned.ts';
import { lockFile, usersFolder } from './kinds.ts';
import { whileUnused } from './lease.ts';
import { type CacheEntry, listCache } from './list-cache.ts';

export interface PruneOptions extends PruneWish {
  readonly cache: string;
  /** Tells what would go, and removes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

export interface Pruned {
  readonly removed: readonly CacheEntry[];
  readonly kept: readonly CacheEntry[];
}

/**
 * Removes entries of the cache, but none that is in use or that one that stays was made from. Each
 * goes by one rename, so it is there or it is not; a build that begins meanwhile makes it anew.
 */
export async function pruneCache(options: PruneOptions): Promise<Pruned> {
  const { cache, dryRun = false, signal, ...wish } = options;
  const entries = await listCache(cache);
  const chosen = choosePruned(entries, wish, Date.now());
  const removed = dryRun ? chosen : await removeAll(cache, chosen, signal);
  return { removed, kept: entries.filter((entry) => !removed.includes(entry)) };
}

async function removeAll(
  cache: string,
  chosen: readonly CacheEntry[],
  signal?: AbortSignal,
): Promise<CacheEntry[]> {
  await sweepTemporaries(cache);
  const removed: CacheEntry[] = [];
  const stays = new Set<string>();
  for (const entry of chosen) {
    signal?.throwIfAborted();
    const gone = !stays.has(`${entry.kind}/${entry.key}`) && (await remove(cache, entry));
    if (gone) removed.push(entry);
    // Somebody has come since the list was made, and needs what it was made from.
    else for (const above of sources(entry, chosen)) stays.add(`${above.kind}/${above.key}`);
  }
  return removed;
}

function sources(entry: CacheEntry, all: readonly CacheEntry[]): CacheEntry[] {
  const from = entry.manifest?.from;
  const above = all.find(({ kind, key }) => kind === from?.kind && key === from.key);
  return above === undefined ? [] : [above, ...sources(above, all)];
}

async function remove(cache: string, entry: CacheEntry): Promise<boolean> {
  return withTemporary(cache, async (temporary) => {
    const gone = await whileUnused(cache, entry, () =>
      rename(entry.folder, join(temporary, 'gone')),
    );
    if (gone) await removeTraces(cache, entry);
    return gone;
  });
}

/** Somebody may wait for the entry at this very moment: that lease must stay, and so its folder. */
async function removeTraces(cache: string, entry: CacheEntry): Promise<void> {
  await rmdir(usersFolder(cache, entry)).catch(() => {});
  await rm(lockFile(cache, entry), { force: true });
}
