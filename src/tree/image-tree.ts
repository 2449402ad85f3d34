import { DomstartError } from '../model/errors.ts';
import { readContent, readTarget } from './ext/content.ts';
import { readFolder } from './ext/folder.ts';
import { ROOT_INODE } from './ext/format.ts';
import { ImageFile } from './ext/image-file.ts';
import { type Inode, readInode } from './ext/inode.ts';
import { openVolume, type Volume } from './ext/volume.ts';
import {
  type FileTree,
  type Operation,
  splitPath,
  type TreeChanges,
  type TreeEntry,
} from './file-tree.ts';
import { changeImage } from './image-copy.ts';
import { checkSources } from './sources.ts';

/** The file system in an image: it is read here, and changed by debugfs. Nothing is mounted. */
export function imageTree(
  image: string,
  { signal, name = image, ...changes }: TreeChanges & { readonly signal: AbortSignal },
): FileTree {
  let known = nothingKnown(image, signal);

  /** What is known stays so until the image is changed by this tree. */
  async function reading<T>(read: (of: Reading) => Promise<T>): Promise<T> {
    const { file, folders } = known;
    return file.use(async () => {
      known.volume ??= openVolume(file);
      return read({ volume: await known.volume, folders });
    });
  }

  const lookUp = (path: string) =>
    reading(async (of) => {
      const inode = await inodeAt(of, path);
      return inode && entryOf(of.volume, splitPath(path).name, inode);
    });

  return {
    kind: 'image',
    root: name,
    lookUp,
    list: (folder) =>
      reading(async (of) => {
        const names = await namesIn(of, folder);
        if (names === undefined) throw hasNo(name, folder);
        const entries: TreeEntry[] = [];
        for (const [name, number] of names) {
          entries.push(await entryOf(of.volume, name, await readInode(of.volume, number)));
        }
        return entries;
      }),
    read: (path) =>
      reading(async (of) => {
        const inode = await inodeAt(of, path);
        if (inode?.kind !== 'file') throw hasNo(name, path);
        return readContent(of.volume, inode);
      }),
    async apply(operations, applying) {
      if (operations.length === 0) return;
      await checkSources(operations);
      const existing = await standing(operations, lookUp);
      try {
        await changeImage(image, operations, { ...changes, existing, signal: applying });
      } finally {
        known = nothingKnown(image, signal);
      }
    },
  };
}

interface Known {
  readonly file: ImageFile;
  volume?: Promise<Volume>;
  /** The names in folders, and their inodes. */
  readonly folders: Map<string, Promise<Map<string, number> | undefined>>;
}

function nothingKnown(image: string, signal: AbortSignal): Known {
  return { file: new ImageFile(image, signal), folders: new Map() };
}

interface Reading extends Pick<Known, 'folders'> {
  readonly volume: Volume;
}

/** Undefined where no folder is there. */
function namesIn(of: Reading, path: string): Promise<Map<string, number> | undefined> {
  const known = of.folders.get(path);
  if (known !== undefined) return known;
  const finding = inodeAt(of, path).then((inode) =>
    inode?.kind === 'folder' ? readFolder(of.volume, inode) : undefined,
  );
  of.folders.set(path, finding);
  return finding;
}

async function inodeAt(of: Reading, path: string): Promise<Inode | undefined> {
  if (path === '/') return readInode(of.volume, ROOT_INODE);
  const { folder, name } = splitPath(path);
  const number = (await namesIn(of, folder))?.get(name);
  return number === undefined ? undefined : readInode(of.volume, number);
}

async function entryOf(volume: Volume, name: string, inode: Inode): Promise<TreeEntry> {
  const { kind, mode, owner } = inode;
  const target = kind === 'link' ? { target: await readTarget(volume, inode) } : {};
  return { name, kind, mode, owner, ...target };
}

/** What the operations will find, at the paths that they name. */
async function standing(
  operations: readonly Operation[],
  lookUp: FileTree['lookUp'],
): Promise<Map<string, TreeEntry['kind']>> {
  const found = new Map<string, TreeEntry['kind']>();
  for (const operation of operations) {
    for (const path of [operation.path, ...(operation.kind === 'rename' ? [operation.to] : [])]) {
      const entry = await lookUp(path);
      if (entry !== undefined) found.set(path, entry.kind);
    }
  }
  return found;
}

function hasNo(image: string, path: string): DomstartError {
  return new DomstartError('host-io', `${image} has no ${path}`);
}
