import {
  constants,
  createReadStream,
  lstatSync,
  readdirSync,
  readlinkSync,
  statSync,
} from 'node:fs';
import {
  type FileHandle,
  lchown,
  lutimes,
  mkdir,
  open,
  rename,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises';
import { DomstartError } from '../model/errors.ts';
import {
  type FileTree,
  type Operation,
  type Owner,
  splitPath,
  type TreeChanges,
  type TreeEntry,
  UNFINISHED,
} from './file-tree.ts';
import { checkSources } from './sources.ts';
import { treeError } from './tree-error.ts';

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

/** Pipes must not be waited for. */
const READ_FILE = O_RDONLY | O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * A folder of this host as the root of a guest. Every folder on a path is opened by itself, from
 * the one above it and without following links, and what is done is done in the one that was
 * opened: whoever exchanges a folder for a link meanwhile leads nobody out. `name` is what people know
 * it by, where that is not its path.
 */
export function directoryTree(
  root: string,
  { time, name: shown = root }: TreeChanges = {},
): FileTree {
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

  const named = (path: string) => (shown === '/' ? path : `${shown}${path}`);

  async function telling<T>(what: string, path: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw treeError(what, named(path), error);
    }
  }

  return {
    kind: 'directory',
    root: shown,
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
      await checkSources(operations);
      for (const operation of operations) {
        if (signal.aborted) throw cancelled(shown);
        await telling(WORDS[operation.kind], operation.path, () =>
          inFolder(splitPath(operation.path).folder, (at) =>
            keepingTime(at, time, () => applyOne(at, operation, { inFolder, time })),
          ),
        );
      }
    },
  };
}

const WORDS = {
  write: 'write',
  folder: 'make the folder',
  link: 'make the link',
  rename: 'rename',
  remove: 'remove',
} as const;

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

interface Means {
  readonly inFolder: (folder: string, use: (at: string) => Promise<void>) => Promise<void>;
  readonly time: number | undefined;
}

async function applyOne(
  at: string,
  operation: Operation,
  { inFolder, time }: Means,
): Promise<void> {
  const { name } = splitPath(operation.path);
  switch (operation.kind) {
    case 'write':
      return await put(at, name, { time, make: (path) => writeFile(path, operation) });
    case 'folder':
      if (lstatSync(`${at}/${name}`, { throwIfNoEntry: false })?.isDirectory()) return;
      return await put(at, name, { time, make: (path) => makeFolder(path, operation) });
    case 'link':
      return await put(at, name, { time, make: (path) => makeLink(path, operation) });
    case 'rename': {
      const to = splitPath(operation.to);
      return await inFolder(to.folder, async (other) => {
        await keepingTime(other, time, () => rename(`${at}/${name}`, `${other}/${to.name}`));
      });
    }
    case 'remove':
      return await rm(`${at}/${name}`);
  }
}

/** Where times are given a folder keeps its own, whatever is put into it: as in an image. */
async function keepingTime(
  at: string,
  time: number | undefined,
  change: () => Promise<void>,
): Promise<void> {
  const { mtime } = statSync(at);
  await change();
  if (time !== undefined) await utimes(at, mtime, mtime);
}

/** It gets its name when it is whole. */
async function put(
  at: string,
  name: string,
  { make, time }: Pick<Means, 'time'> & { readonly make: (path: string) => Promise<void> },
): Promise<void> {
  const unfinished = `${at}/${UNFINISHED}`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    await make(unfinished);
    if (time !== undefined) await lutimes(unfinished, time, time);
    await rename(unfinished, `${at}/${name}`);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function writeFile(
  path: string,
  { content, mode, owner }: Extract<Operation, { readonly kind: 'write' }>,
): Promise<void> {
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  await file.writeFile('source' in content ? createReadStream(content.source) : content);
  await giveTo(file, owner);
  await file.chmod(mode);
  await file.sync();
}

async function makeFolder(
  path: string,
  { mode, owner }: Extract<Operation, { readonly kind: 'folder' }>,
): Promise<void> {
  await mkdir(path, 0o700);
  await using folder = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  await giveTo(folder, owner);
  await folder.chmod(mode);
}

async function makeLink(
  path: string,
  { target, owner }: Extract<Operation, { readonly kind: 'link' }>,
): Promise<void> {
  await symlink(target, path);
  if (isOwn(lstatSync(path), owner)) return;
  await lchown(path, owner.uid, owner.gid).catch(unlessForbidden);
}

/** Who may not give files away keeps them: it is his tree then. */
async function giveTo(file: FileHandle, owner: Owner): Promise<void> {
  if (isOwn(await file.stat(), owner)) return;
  await file.chown(owner.uid, owner.gid).catch(unlessForbidden);
}

function isOwn(stats: Owner, { uid, gid }: Owner): boolean {
  return stats.uid === uid && stats.gid === gid;
}

function unlessForbidden(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPERM' && error.code !== 'EINVAL') throw error;
}

function cancelled(root: string): DomstartError {
  return new DomstartError('cancelled', `stopped half-way in ${root}`, {
    hint: 'do it again, or `domstart guest restore` undoes what was begun',
  });
}
