import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { DomstartError } from '../model/errors.ts';
import { isOwnerGone, ownerName } from '../system/owner-name.ts';

const PREFIX = '.domstart-taking.';

/**
 * Runs `work` with a new folder beside `into` that only its owner can enter; it is gone afterwards
 * unless it was published. What killed processes left there is removed first. Throws `host-io`, also
 * where something is at `into`.
 */
export async function withStaging<T>(
  into: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await refuseOccupied(into);
  const above = dirname(resolve(into));
  const folder = join(above, PREFIX + ownerName());
  try {
    await sweep(above);
    await mkdir(folder, 0o700);
  } catch (error) {
    throw hostError(error, `cannot make a folder in ${above}`);
  }
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives the finished folder its name. */
export async function publishStaged(folder: string, into: string): Promise<void> {
  try {
    await rename(folder, into);
  } catch (error) {
    await refuseOccupied(into);
    throw hostError(error, `cannot put what was taken out at ${into}`);
  }
}

/**
 * An error of the host's file system without Node's words for it: they have the whole path in them,
 * which may be a name that a guest chose.
 */
export function hostError(error: unknown, what: string): unknown {
  const { errno } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  if (known === undefined || error instanceof DomstartError) return error;
  const [code, words] = known;
  return new DomstartError('host-io', `${what}: ${words} (${code})`, {
    hint: HINTS[code],
    cause: error,
  });
}

const HINTS: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space there, or choose a folder on another disk',
  EDQUOT: 'free some space there, or choose a folder on another disk',
  ENOENT: 'make the folder first',
  EACCES: 'choose a folder that the user who runs Domstart may write to',
};

async function refuseOccupied(into: string): Promise<void> {
  const isFree = await readdir(into).then(
    (names) => names.length === 0,
    (error) => error.code !== 'ENOTDIR',
  );
  if (isFree) return;
  throw new DomstartError('host-io', `something is at ${into} already`, {
    hint: 'name a folder that is not there yet, or is empty',
  });
}

async function sweep(above: string): Promise<void> {
  const names = (await readdir(above)).filter((name) => name.startsWith(PREFIX));
  const stale = names.filter((name) => isOwnerGone(join(above, name), name.slice(PREFIX.length)));
  await Promise.allSettled(
    stale.map((name) => rm(join(above, name), { recursive: true, force: true })),
  );
}
