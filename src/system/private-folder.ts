import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { DomstartError, messageOf } from '../model/errors.ts';
import { makeFolder } from './make-folder.ts';

/**
 * Makes a folder where it is missing, and judges it before anything in it is read, removed or
 * written: it must be a folder of ours that nobody else can write to. The temporary folder is
 * everybody's, and whoever was first could own our sockets, or have us remove what is somebody
 * else's. `what` is its name in messages. Throws `host-io`.
 */
export async function preparePrivateFolder(
  folder: string,
  { what, hint }: { readonly what: string; readonly hint: string },
): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
  } catch (error) {
    const message = `cannot make the ${what} ${folder}: ${messageOf(error)}`;
    throw new DomstartError('host-io', message, { hint, cause: error });
  }
  const fault = await faultOfFolder(folder);
  if (fault === undefined) return;
  throw new DomstartError('host-io', `cannot use the ${what} ${folder}: it ${fault}`, { hint });
}

/** Why a folder is not one of ours that nobody else can write to, to be said after its name. */
export async function faultOfFolder(folder: string): Promise<string | undefined> {
  return faultOfStat(await lstat(folder));
}

export function faultOfStat(stat: Stats): string | undefined {
  if (!stat.isDirectory()) return 'is not a folder';
  if (stat.uid !== (process.getuid?.() ?? stat.uid)) return `belongs to user ${stat.uid}`;
  return (stat.mode & 0o022) !== 0 ? 'can be written to by others' : undefined;
}
