import { randomBytes } from 'node:crypto';
import { lstat, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DomstartError, toDomstartError } from '../../model/errors.ts';

/** Gives the file its name when it is whole; nothing is left of one that is not. */
export async function whole(
  { to, signal }: { readonly to: string; readonly signal: AbortSignal },
  write: (path: string) => Promise<void>,
): Promise<void> {
  await refuseOthers(to);
  // Of two that write the same file the last one is right.
  const partial = `${to}.${randomBytes(4).toString('hex')}.partial`;
  try {
    await write(partial);
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true });
    if (signal.aborted) throw new DomstartError('cancelled', 'the export was given up');
    throw toDomstartError(error, 'host-io');
  }
}

/** A rename would put the file in the place of a device, a fifo or a link. */
async function refuseOthers(to: string): Promise<void> {
  const above = await stat(dirname(to)).catch(() => undefined);
  if (above?.isDirectory() !== true) {
    throw new DomstartError(
      'file-missing',
      `cannot write ${to}: there is no folder ${dirname(to)}`,
      {
        hint: 'make it, or name a file in another one',
      },
    );
  }
  const found = await lstat(to).catch(() => undefined);
  if (found === undefined || found.isFile()) return;
  throw new DomstartError('host-io', `${to} is there, and is no regular file`, {
    hint: 'name another file, or `-` to write to standard output',
  });
}
