import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DomstartError } from '../model/errors.ts';
import { mountsBelow } from './mounts.ts';

/**
 * Removes a folder with all that is in it. Without root there may be files of the user's subordinate
 * ids in it (what a build in a user namespace left when it was killed), which only such a namespace
 * may remove. Throws `host-io`, and removes nothing, where something is mounted in it: that is not
 * the folder's own.
 */
export async function removeTree(folder: string): Promise<void> {
  const [mounted] = mountsBelow(folder);
  if (mounted !== undefined) {
    throw new DomstartError('host-io', `cannot remove ${folder}: ${mounted} is mounted`, {
      hint: `umount ${mounted}`,
    });
  }
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (process.getuid?.() === 0 || (code !== 'EACCES' && code !== 'EPERM')) throw error;
    const args = ['--map-root-user', '--map-auto', 'rm', '-rf', '--one-file-system', '--', folder];
    await promisify(execFile)('unshare', args);
  }
}
