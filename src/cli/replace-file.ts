import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import { DomstartError, messageOf } from '../model/errors.ts';

/**
 * Gives a file new contents by a rename, so that it is whole at any moment. Its mode and owner stay;
 * a symbolic link stays one, and what it leads to is replaced.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  try {
    await replace(file, text);
  } catch (error) {
    throw new DomstartError('host-io', `cannot rewrite ${file}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Not what Node says: that would name the temporary file. */
function reasonOf(error: unknown): string {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  if (errno === undefined) return messageOf(error);
  const [, reason = messageOf(error)] = getSystemErrorMap().get(errno) ?? [];
  return syscall === 'fchown' ? `its owner cannot be kept: ${reason}` : reason;
}

async function replace(file: string, text: string): Promise<void> {
  const target = await realpath(file);
  const { mode, uid, gid } = await stat(target);
  const name = `.${basename(target)}.${randomBytes(6).toString('hex')}~`;
  const temporary = join(dirname(target), name);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.chown(uid, gid);
      await handle.chmod(mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
