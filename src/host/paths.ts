import { lstat, mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';

/** What may be thrown away and made again: packages, kernels, base images. Touches nothing. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const home = environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), '.cache');
  return resolve(environment['DOMSTART_CACHE'] || join(home, 'domstart'));
}

/** What lives as long as a run: sockets, images of one run. Touches nothing. */
export function runFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const ours = runtime
    ? join(runtime, 'domstart')
    : join(tmpdir(), `domstart-${process.getuid?.() ?? 0}`);
  return resolve(environment['DOMSTART_RUN'] || ours);
}

/**
 * Makes the run folder where it is missing. It must be a folder of ours that nobody else can
 * write to: the temporary folder is everybody's, and whoever was first could own our sockets.
 */
export async function prepareRunFolder(folder: string): Promise<void> {
  const hint = 'set DOMSTART_RUN to a folder of your own';
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DomstartError('host-io', `cannot make the run folder: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  }
  const stat = await lstat(folder);
  const fault = !stat.isDirectory()
    ? 'is not a folder'
    : stat.uid !== (process.getuid?.() ?? stat.uid)
      ? `belongs to user ${stat.uid}`
      : (stat.mode & 0o022) !== 0
        ? 'can be written to by others'
        : undefined;
  if (fault !== undefined) {
    throw new DomstartError('host-io', `cannot use the run folder ${folder}: it ${fault}`, {
      hint,
    });
  }
}
