import { existsSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sweepTemporaries, withTemporary } from '../../system/cache-entry.ts';
import { choosePruned, type PruneWish } from './choose-pruned.ts';
import { CACHE_KINDS, entryFolder, isEntryName, lockFile, USERS, usersFolder } from './kinds.ts';
import { countLeases, whileUnused } from './lease.ts';
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
  if (!dryRun) await removeTraces(cache);
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
  return withTemporary(cache, (temporary) =>
    whileUnused(cache, entry, () => rename(entry.folder, join(temporary, 'gone'))),
  );
}

/**
 * What is beside entries that are gone, or that were never made. Somebody may wait for one at this
 * very moment: that lease stays, and so does its folder; and so does a lock that somebody has.
 */
async function removeTraces(cache: string): Promise<void> {
  for (const kind of CACHE_KINDS) {
    for (const name of await namesIn(join(cache, kind))) {
      const key = name.endsWith(USERS) ? name.slice(0, -USERS.length) : '';
      if (!isEntryName(key) || existsSync(entryFolder(cache, { kind, key }))) continue;
      // Looking at them removes those of processes that are gone.
      countLeases(cache, { kind, key });
      const isGone = await rmdir(usersFolder(cache, { kind, key })).then(
        () => true,
        () => false,
      );
      if (isGone) await rm(lockFile(cache, { kind, key }), { force: true });
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? readdir(folder) : [];
}
