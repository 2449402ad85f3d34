import { lstatSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DomstartError } from '../model/errors.ts';

/**
 * What may be thrown away and made again: packages, kernels, base images. Touches nothing. Where
 * nobody knows of a home folder it is among the temporary files.
 */
export function cacheFolder(
  environment: NodeJS.ProcessEnv = process.env,
  home: () => string = homedir,
): string {
  const { DOMSTART_CACHE: own, XDG_CACHE_HOME: caches, HOME } = environment;
  if (own) return resolve(own);
  if (caches) return resolve(caches, 'domstart');
  try {
    return resolve(HOME || home(), '.cache/domstart');
  } catch {
    // The user is in no list of users, as in a container that was given a number only.
    return ownFolder(join(tmpdir(), `domstart-cache-${process.getuid?.() ?? 0}`));
  }
}

/** Programs are run from the cache: one that somebody else put there must not be ours. */
function ownFolder(folder: string): string {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  const ours = stat?.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  if (stat === undefined || ours) return folder;
  throw new DomstartError('host-io', `cannot use the cache ${folder}: it is not ours alone`, {
    hint: 'set DOMSTART_CACHE to a folder of your own',
  });
}

/** What lives as long as a run: sockets, images of one run. Touches nothing. */
export function runFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const ours = runtime
    ? join(runtime, 'domstart')
    : join(tmpdir(), `domstart-${process.getuid?.() ?? 0}`);
  return resolve(environment['DOMSTART_RUN'] || ours);
}

/** What has to outlive a daemon: its journal. Touches nothing. */
export function stateFolder(
  environment: NodeJS.ProcessEnv = process.env,
  { uid = process.getuid?.() ?? 0, home = homedir }: StateFolderOptions = {},
): string {
  const { DOMSTART_STATE: own, XDG_STATE_HOME: states, HOME } = environment;
  if (own) return resolve(own);
  if (uid === 0) return '/var/lib/domstart';
  return resolve(states || join(HOME || homeOr(home, '/'), '.local/state'), 'domstart');
}

interface StateFolderOptions {
  readonly uid?: number;
  readonly home?: () => string;
}

/** Of a user who is in no list of users, as in a container that was given a number only, none. */
function homeOr(home: () => string, otherwise: string): string {
  try {
    return home();
  } catch {
    return otherwise;
  }
}
