import { lstat, mkdir, realpath, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';
import { isHidden, markedBy, pathIn } from './names.ts';
import { namesIn } from './see.ts';

/** The folders of a spool. All are on one file system, so that a rename takes a file from one to the next. */
export interface SpoolFolders {
  /** Absolute, without links. */
  readonly spool: string;
  /** Files are dropped here. */
  readonly in: string;
  /** What runs: a folder for each run. */
  readonly work: string;
  readonly done: string;
  readonly failed: string;
  /** Files that somebody holds back; made when it is needed. */
  readonly hold: string;
}

const MODE = 0o755;

/** Names them, whether or not they are there. */
export function foldersOf(spool: string): SpoolFolders {
  const at = (name: string) => join(spool, name);
  return {
    ...{ spool, in: at('in'), work: at('work') },
    ...{ done: at('done'), failed: at('failed'), hold: at('hold') },
  };
}

/** Makes what is missing. Throws `host-io`. */
export async function openFolders(path: string): Promise<SpoolFolders> {
  const hint = 'a spool is a folder that Domstart may write to, with all that is in it on one disk';
  try {
    await mkdir(path, { recursive: true, mode: MODE });
    const folders = foldersOf(await realpath(path));
    for (const folder of [folders.in, folders.work, folders.done, folders.failed]) {
      await mkdir(folder, { mode: MODE }).catch((error) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    await refuseOtherDisks(folders, hint);
    return folders;
  } catch (error) {
    if (error instanceof DomstartError) throw error;
    throw new DomstartError('host-io', `cannot use the spool ${path}: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  }
}

async function refuseOtherDisks(folders: SpoolFolders, hint: string): Promise<void> {
  const { dev } = await stat(folders.spool);
  for (const folder of [folders.in, folders.work, folders.done, folders.failed]) {
    const found = await stat(folder);
    if (found.isDirectory() && found.dev === dev) continue;
    const why = found.isDirectory() ? 'is on another disk' : 'is no folder';
    throw new DomstartError('host-io', `cannot use the spool ${folders.spool}: ${folder} ${why}`, {
      hint,
    });
  }
}

/** Of a folder, whatever it is called by now; undefined where there is none. */
export async function identityOf(folder: string): Promise<string | undefined> {
  return stat(folder).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );
}

/** Bytes that must be free there before a file is claimed: for its result, and for the journal. */
const ROOM = 16 * 1024 * 1024;

/** Whether there is room for results. A folder that cannot be asked has some: the next step tells. */
export async function hasRoom(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize >= ROOM;
  } catch {
    return true;
  }
}

/** How many files wait in a folder: without those that are left alone, and markers. */
export async function countFiles(folder: string): Promise<number> {
  let count = 0;
  for await (const name of namesIn(folder)) {
    if (!isHidden(name) && !(await isMarker(folder, name))) count += 1;
  }
  return count;
}

/** One that has something in it is a file of its own. */
async function isMarker(folder: string, name: Buffer): Promise<boolean> {
  if (markedBy(name) === undefined) return false;
  const found = await lstat(pathIn(folder, name)).catch(() => undefined);
  return found === undefined || (found.isFile() && found.size === 0);
}
