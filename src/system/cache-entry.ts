import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { undoLeftMounts } from './mount-journal.ts';
import { isOwnerGone, ownerName } from './owner-name.ts';
import { removeTree } from './remove-tree.ts';

/**
 * How things come into the cache. They are made in a temporary folder of the process that makes
 * them and published by one rename, so a half-made thing never carries its final name. Two
 * processes that make the same thing at once both succeed: the first rename wins and the other
 * process uses the winner's. There are no locks, so none can be left behind; what a killed process
 * left is recognised by the process being gone (`sweepTemporaries`).
 */
const TEMPORARIES = 'tmp';

/** Runs `work` with a temporary folder on the cache's own file system; it is gone afterwards. */
export async function withTemporary<T>(
  cache: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(cache, TEMPORARIES, ownerName());
  await mkdir(folder, { recursive: true });
  try {
    return await work(folder);
  } finally {
    await removeTree(folder);
  }
}

/** Gives the finished `folder` its final name in the cache, unless another process was first. */
export async function publish(folder: string, final: string): Promise<void> {
  try {
    await mkdir(join(final, '..'), { recursive: true });
    await rename(folder, final);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}

/**
 * Undoes the mounts of processes that are gone and removes their temporary folders, where the cache can
 * be written to. Costs two readdirs where none are.
 */
export async function sweepTemporaries(cache: string): Promise<void> {
  await undoLeftMounts(cache);
  const folder = join(cache, TEMPORARIES);
  if (!existsSync(folder)) return;
  const stale = readdirSync(folder).filter((name) => isOwnerGone(join(folder, name), name));
  await Promise.allSettled(stale.map((name) => removeTree(join(folder, name))));
}
