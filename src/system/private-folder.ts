import { lstat, mkdir } from 'node:fs/promises';
import { DomstartError, messageOf } from '../model/errors.ts';

/**
 * Makes the folder that holds our runs where it is missing, and judges it before anything in it is
 * read, removed or written: it must be a folder of ours that nobody else can write to. The temporary
 * folder is everybody's, and whoever was first could own our sockets, or have us remove what is
 * somebody else's. Throws `host-io`.
 */
export async function preparePrivateFolder(folder: string): Promise<void> {
  const hint = 'set DOMSTART_RUN to a folder of your own';
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    // What is there and is no folder is told below.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      const message = `cannot make the run folder ${folder}: ${messageOf(error)}`;
      throw new DomstartError('host-io', message, { hint, cause: error });
    }
  }
  const stat = await lstat(folder);
  const fault = !stat.isDirectory()
    ? 'is not a folder'
    : stat.uid !== (process.getuid?.() ?? stat.uid)
      ? `belongs to user ${stat.uid}`
      : (stat.mode & 0o022) !== 0
        ? 'can be written to by others'
        : undefined;
  if (fault === undefined) return;
  throw new DomstartError('host-io', `cannot use the run folder ${folder}: it ${fault}`, { hint });
}
