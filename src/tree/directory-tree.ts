import { constants, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { DomstartError } from '../model/errors.ts';
import {
  type FileTree,
  type Operation,
  splitPath,
  type TreeEntry,
  UNFINISHED,
} from './file-tree.ts';
import { treeError } from './tree-error.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** Pipes must not be waited for. */
const READ_FILE = O_RDONLY | O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * A folder of this host as the root of a guest. Every folder on a path is opened by itself, from
 * the one above it and without following links, and what is done is done in the one that was
 * opened: whoever exchanges a folder for a link meanwhile leads nobody out.
 */
export function directoryTree(root: string): FileTree {
  async function inFolder<T>(folder: string, use: (at: string) => Promise<T>): Promise<T> {
    let handle = await open(root, O_RDONLY | O_DIRECTORY);
    try {
      for (const name of folder.split('/').filter((part) => part !== '')) {
        const next = await open(`${placeOf(handle)}/${name}`, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        await handle.close();
        handle = next;
      }
      return await use(placeOf(handle));
    } finally {
      await handle.close();
    }
  }

  const named = (path: string) => (root === '/' ? path : `${root}${path}`);

  async function telling<T>(what: string, path: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw treeError(what, named(path), error);
    }
  }

  return {
    kind: 'directory',
    root,
    lookUp: (path) =>
      telling('look at', path, async () => {
        const { folder, name } = splitPath(path);
        try {
          return await inFolder(folder, async (at) => entryOf(at, name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
          throw error;
        }
      }),
    list: (folder) =>
      telling('read', folder, () =>
        inFolder(folder, async (at) => readdirSync(at).map((name) => entryOf(at, name))),
      ),
    read: (path) =>
      telling('read', path, () => {
        const { folder, name } = splitPath(path);
        return inFolder(folder, async (at) => {
          await using file = await open(`${at}/${name}`, READ_FILE);
          return await file.readFile();
        });
      }),
    async apply(operations, signal) {
      for (const operation of operations) {
        if (signal.aborted) throw cancelled(root);
        await telling(WORDS[operation.kind], operation.path, () =>
          inFolder(splitPath(operation.path).folder, (at) => applyOne(at, operation, inFolder)),
        );
      }
    },
  };
}

const WORDS = { write: 'write', rename: 'rename', remove: 'remove' } as const;

/** A path to the very folder that is open; what is behind it is looked up there. */
function placeOf({ fd }: FileHandle): string {
  return `/proc/self/fd/${fd}`;
}

function entryOf(at: string, name: string): TreeEntry {
  const stats = lstatSync(`${at}/${name}`);
  const kind = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'folder'
      : stats.isSymbolicLink()
        ? 'link'
        : 'other';
  return {
    name,
    kind,
    mode: stats.mode & 0o7777,
    owner: { uid: stats.uid, gid: stats.gid },
    ...(kind === 'link' ? { target: readlinkSync(`${at}/${name}`) } : {}),
  };
}

async function applyOne(
  at: string,
  operation: Operation,
  inFolder: (folder: string, use: (at: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { name } = splitPath(operation.path);
  switch (operation.kind) {
    case 'write':
      return await writeFile(at, name, operation);
    case 'rename': {
      const to = splitPath(operation.to);
      return await inFolder(to.folder, (other) => rename(`${at}/${name}`, `${other}/${to.name}`));
    }
    case 'remove':
      return await rm(`${at}/${name}`);
  }
}

async function writeFile(
  at: string,
  name: string,
  { content, mode, owner }: Extract<Operation, { readonly kind: 'write' }>,
): Promise<void> {
  const unfinished = `${at}/${UNFINISHED}`;
  await rm(unfinished, { force: true });
  try {
    await using file = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    await file.writeFile(content);
    await giveTo(file, owner);
    await file.chmod(mode);
    await file.sync();
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await rename(unfinished, `${at}/${name}`);
}

/** Who may not give files away keeps them: it is his tree then. */
async function giveTo(file: FileHandle, { uid, gid }: TreeEntry['owner']): Promise<void> {
  const stats = await file.stat();
  if (stats.uid === uid && stats.gid === gid) return;
  await file.chown(uid, gid).catch((error) => {
    if (error.code !== 'EPERM' && error.code !== 'EINVAL') throw error;
  });
}

function cancelled(root: string): DomstartError {
  return new DomstartError('cancelled', `stopped half-way in ${root}`, {
    hint: 'do it again, or `domstart guest restore` undoes what was begun',
  });
}
