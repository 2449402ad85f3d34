import { basename, dirname } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { runTool } from './debugfs.ts';
import {
  type FileTree,
  joinPath,
  type Operation,
  splitPath,
  type TreeChanges,
  type TreeEntry,
} from './file-tree.ts';
import { changeImage } from './image-copy.ts';
import { checkSources } from './sources.ts';

/** Ext's root folder has this inode. */
const ROOT_INODE = '2';

/** One line of `ls -p`: /INODE/MODE/UID/GID/NAME/SIZE/ */
const LISTED = /^\/(\d+)\/(\d+)\/(\d+)\/(\d+)\/([^/]*)\/\d*\/$/;

interface ImageEntry extends TreeEntry {
  readonly inode: string;
}

/**
 * The file system in an image, read and written by debugfs: nothing is mounted. Inodes are asked for
 * by their numbers, so that debugfs follows nothing.
 */
export function imageTree(
  image: string,
  { signal, ...changes }: TreeChanges & { readonly signal: AbortSignal },
): FileTree {
  const folders = new Map<string, Promise<readonly ImageEntry[]>>();

  async function ask(request: string): Promise<Buffer> {
    const at = { cwd: dirname(image), signal };
    const { stdout, stderr } = await runTool(
      'debugfs',
      ['-R', request, `./${basename(image)}`],
      at,
    );
    if (stderr === '') return stdout;
    throw new DomstartError('host-io', `cannot read ${image}: ${stderr}`, {
      hint: `check it: e2fsck -fn ${image}`,
    });
  }

  async function targetOf(inode: string): Promise<string> {
    const stat = (await ask(`stat <${inode}>`)).toString('utf8');
    const fast = /^Fast link dest: "(.*)"$/ms.exec(stat)?.[1];
    return fast ?? (await ask(`cat <${inode}>`)).toString('utf8');
  }

  async function readFolder(inode: string): Promise<readonly ImageEntry[]> {
    const text = (await ask(`ls -p <${inode}>`)).toString('utf8');
    // A name may have the end of a line in it.
    const lines = text.split(/(?<=\/)\n/).filter((line) => line.trim() !== '');
    const entries: ImageEntry[] = [];
    for (const line of lines) {
      const [, number = '', type = '', uid, gid, name = ''] = LISTED.exec(line.trimStart()) ?? [];
      if (name === '.' || name === '..' || number === '0' || number === '') continue;
      const mode = Number.parseInt(type, 8);
      const kind = KINDS[mode >> 12] ?? 'other';
      entries.push({
        name,
        kind,
        mode: mode & 0o7777,
        owner: { uid: Number(uid), gid: Number(gid) },
        inode: number,
        ...(kind === 'link' ? { target: await targetOf(number) } : {}),
      });
    }
    return entries;
  }

  function list(folder: string): Promise<readonly ImageEntry[]> {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const reading = inodeOf(folder).then(readFolder);
    folders.set(folder, reading);
    return reading;
  }

  async function lookUp(path: string): Promise<ImageEntry | undefined> {
    const { folder, name } = splitPath(path);
    return (await list(folder)).find((entry) => entry.name === name);
  }

  async function inodeOf(path: string): Promise<string> {
    if (path === '/') return ROOT_INODE;
    const found = await lookUp(path);
    if (found !== undefined) return found.inode;
    throw new DomstartError('host-io', `${image} has no ${path}`);
  }

  async function isFolder(path: string): Promise<boolean> {
    if (path === '/') return true;
    return (await isFolder(splitPath(path).folder)) && (await lookUp(path))?.kind === 'folder';
  }

  /** What stands in the folders that are changed; those that are made only now are empty. */
  async function standingIn(
    operations: readonly Operation[],
  ): Promise<Map<string, TreeEntry['kind']>> {
    const made = new Set(
      operations.filter(({ kind }) => kind === 'folder').map(({ path }) => path),
    );
    const standing = new Map<string, TreeEntry['kind']>();
    for (const folder of new Set(operations.map(({ path }) => splitPath(path).folder))) {
      if (made.has(folder) && !(await isFolder(folder))) continue;
      for (const { name, kind } of await list(folder)) standing.set(joinPath(folder, name), kind);
    }
    return standing;
  }

  return {
    kind: 'image',
    root: image,
    lookUp,
    list,
    read: async (path) => ask(`cat <${await inodeOf(path)}>`),
    async apply(operations, applying) {
      if (operations.length === 0) return;
      await checkSources(operations);
      const existing = await standingIn(operations);
      await changeImage(image, operations, { ...changes, existing, signal: applying });
      folders.clear();
    },
  };
}

/** By the upper bits of a mode (inode(7)). */
const KINDS: Readonly<Record<number, TreeEntry['kind']>> = { 4: 'folder', 8: 'file', 10: 'link' };
