import { chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepTemporaries, withTemporary } from '../../system/cache-entry.ts';
import { preparePrivateFolder } from '../../system/private-folder.ts';

/**
 * Runs `work` with a folder for what is only there while something is built. As root it is in the
 * cache. Else it is among the temporary files: the subordinate users must get to it, and the folder
 * of the user's own files is not open to them.
 */
export async function withWorkFolder<T>(
  cache: string,
  { root }: { readonly root: boolean },
  work: (folder: string) => Promise<T>,
): Promise<T> {
  if (root) return withTemporary(cache, work);
  const above = join(tmpdir(), `domstart-build-${process.getuid?.()}`);
  await preparePrivateFolder(above, {
    what: 'folder for builds',
    hint: 'set TMPDIR to a folder of your own that others can enter',
  });
  await sweepTemporaries(above);
  return withTemporary(above, async (folder) => {
    for (const one of [above, join(folder, '..'), folder]) await chmod(one, 0o711);
    return work(folder);
  });
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
