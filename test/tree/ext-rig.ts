import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type FileTree, joinPath, type TreeEntry } from '../../src/tree/file-tree.ts';

const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
const MOST_OUTPUT = 2 ** 28;

export function tool(name: string, ...args: readonly string[]): Buffer {
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  return execFileSync(name, args, { env, stdio: [...stdio], maxBuffer: MOST_OUTPUT });
}

export const debugfs = (image: string, request: string): Buffer =>
  tool('debugfs', '-R', request, image);

const KIB = 1024;

/** A root with what is hard to read: `SPARSE` ends beyond three steps of 1 KiB, `PIECES` has 400 extents. */
export const SPARSE = '/files/sparse';
export const PIECES = '/files/pieces';

export async function makeRoot(root: string, { names }: { names: number }): Promise<void> {
  for (const folder of ['many', 'files', 'links', 'empty', 'a/b/c']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (let number = 0; number < names; number += 1) {
    writeFileSync(join(root, 'many', `name-${number}-${'x'.repeat(number % 40)}`), '');
  }
  writeFileSync(join(root, 'files/short'), 'short\n');
  writeFileSync(join(root, 'files/nothing'), '');
  writeFileSync(join(root, 'files/two-blocks'), Buffer.alloc(5000, 'ab'));
  writeFileSync(join(root, 'a/b/c/set-uid'), 'x', { mode: 0o755 });
  writeFileSync(Buffer.from(join(root, 'files/caf\xe9'), 'latin1'), 'latin');
  tool('mkfifo', join(root, 'files/fifo'));
  await writePieces(join(root, SPARSE), [0, 11, 12, 267, 268, 300, 65_803, 65_804, 70_000]);
  await writePieces(
    join(root, PIECES),
    Array.from({ length: 400 }, (_, index) => 128 * index),
  );
  for (const length of [1, 58, 59, 60, 61, 500, 1000]) {
    symlinkSync('t'.repeat(length), join(root, `links/${length}`));
  }
  symlinkSync('../files/h\u00e9', join(root, 'links/text'));
}

/** A file with a KiB at each of these KiBs, and holes between. */
async function writePieces(path: string, places: readonly number[]): Promise<void> {
  await using file = await open(path, 'w');
  for (const place of places)
    await file.write(Buffer.alloc(KIB, `piece ${place} `), 0, KIB, place * KIB);
}

/** What is in a folder, by debugfs, in the order of the names; what a link says, by the root it is from. */
export function listByDebugfs(
  image: string,
  folder: string,
  { root }: { readonly root: string },
): TreeEntry[] {
  const lines = debugfs(image, `ls -p "${folder}"`).toString('utf8').split('\n');
  const entries = lines.flatMap((line): TreeEntry[] => {
    const [, inode, mode = '', uid, gid, name = ''] = line.split('/');
    if (inode === undefined || inode === '0' || name === '.' || name === '..') return [];
    const bits = Number.parseInt(mode, 8);
    const kind = KINDS.get(bits >> 12) ?? 'other';
    const target = kind === 'link' ? { target: readlinkSync(join(root, folder, name)) } : {};
    const owner = { uid: Number(uid), gid: Number(gid) };
    return [{ name, kind, mode: bits & 0o7777, owner, ...target }];
  });
  return entries.toSorted(byName);
}

const KINDS = new Map<number, TreeEntry['kind']>([
  [4, 'folder'],
  [8, 'file'],
  [10, 'link'],
]);

export const byName = (a: TreeEntry, b: TreeEntry) => (a.name < b.name ? -1 : 1);

/** The paths of everything in a tree, folders before what is in them; no more than `most`. */
export async function walk(tree: FileTree, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const paths = ['/'];
  const folders = ['/'];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const { name, kind } of await tree.list(folder)) {
      const path = joinPath(folder, name);
      if (paths.push(path) >= most) return paths;
      if (kind === 'folder') folders.push(path);
    }
  }
  return paths;
}

export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-ext-'));
  return {
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function fsck(image: string, options: string): void {
  try {
    execFileSync('e2fsck', [options, `./${basename(image)}`], {
      ...{ env, cwd: dirname(image), stdio: 'ignore' },
    });
  } catch (error) {
    // One says that it changed something.
    if ((error as { status?: number }).status !== 1 || options.includes('n')) throw error;
  }
}
