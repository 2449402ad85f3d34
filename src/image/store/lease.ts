import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOwnerGone, ownerName, ownerPid } from '../../system/owner-name.ts';
import { type CacheEntryName, usersFolder } from './kinds.ts';

/**
 * Who uses an entry of the cache, and who is about to remove it: empty files beside it, named by
 * their process, so that those of a process that is gone are recognised.
 *
 * A user writes its lease and then looks for a remover; a remover writes its mark and then looks for
 * leases. So at least one of the two sees the other: a remover that sees a lease goes away, a user
 * that sees a remover waits until it is gone and then looks whether the entry is still there.
 */
const LEASE = 'lease-';
const REMOVER = 'remover-';

/** How often a user looks whether a remover is done: that takes one rename. */
const LOOK_MS = 5;

const TRIES = 10;

/** Keeps an entry, whether it is there or not, from being removed, until it is disposed of. */
export async function takeLease(cache: string, entry: CacheEntryName): Promise<Disposable> {
  const folder = usersFolder(cache, entry);
  const lease = leave(folder, LEASE);
  while (livingMarks(folder, REMOVER).length > 0) await sleep(LOOK_MS);
  return lease;
}

/** How many processes use an entry. Removes what processes that are gone have left. */
export function countLeases(cache: string, entry: CacheEntryName): number {
  return livingMarks(usersFolder(cache, entry), LEASE).length;
}

/** The processes that use an entry, as far as they are of this pid namespace. */
export function leaseHolders(cache: string, entry: CacheEntryName): number[] {
  const marks = livingMarks(usersFolder(cache, entry), LEASE);
  return [...new Set(marks.flatMap((mark) => ownerPid(mark.slice(LEASE.length)) ?? []))];
}

/** Does `remove`, which must be quick, unless somebody uses the entry. Returns whether it did. */
export async function whileUnused(
  cache: string,
  entry: CacheEntryName,
  remove: () => Promise<void>,
): Promise<boolean> {
  using _mark = leave(usersFolder(cache, entry), REMOVER);
  if (countLeases(cache, entry) > 0) return false;
  await remove();
  return true;
}

function leave(folder: string, kind: string): Disposable {
  const file = join(folder, `${kind}${ownerName()}`);
  try {
    write(folder, file);
  } catch (error) {
    // A cache that cannot be written to is one from which nothing can be removed either.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EROFS' && code !== 'EACCES') throw error;
    return { [Symbol.dispose]: () => {} };
  }
  return { [Symbol.dispose]: () => remove(file) };
}

function write(folder: string, file: string): void {
  // Whoever has removed the entry removes this folder, too, where it is empty.
  for (let tries = 1; ; tries++) {
    try {
      writeFileSync(file, '');
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries > TRIES) throw error;
      mkdirSync(folder, { recursive: true });
    }
  }
}

function livingMarks(folder: string, kind: string): string[] {
  return list(folder).filter((name) => {
    if (!name.startsWith(kind)) return false;
    const file = join(folder, name);
    if (!isOwnerGone(file, name.slice(kind.length))) return true;
    remove(file);
    return false;
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // Somebody else has recognised it too, or the cache is read-only.
  }
}
