import { quoted } from '../../archive/names.ts';
import { readTar } from '../../archive/read-tar.ts';
import type { TarEntry } from '../../archive/tar-entry.ts';
import { DomstartError } from '../../model/errors.ts';
import { spansOf } from './content-blocks.ts';
import type { DiskNode } from './disk-node.ts';
import { BLOCK } from './ext/geometry.ts';

export interface TarTree {
  readonly root: DiskNode;
  /** Of each entry of the tar, in its order: the node that it made, if that is still there. */
  readonly made: readonly DiskNode[];
}

interface TreeOptions {
  /** Of folders that the tar has no entry for, in seconds since 1970. */
  readonly time: number;
  readonly signal: AbortSignal;
}

const LONGEST_NAME = 255;
/** Linux's own limit for a path that is named at once. */
const LONGEST_PATH = 4095;

/**
 * Reads a tar once, for what its disk has to have room for. Of two entries with one name the second
 * counts, as for tar itself. Throws `archive-invalid` where the tar contradicts itself, and
 * `not-supported` where a disk cannot have what it says.
 */
export async function treeOfTar(tar: string, { time, signal }: TreeOptions): Promise<TarTree> {
  const root = { ...madeFolder(time) };
  const made: DiskNode[] = [];
  let top = root;
  for await (const { entry, content } of readTar(tar, { signal })) {
    const spans = entry.kind === 'file' ? await spansOf(content) : [];
    refuseUnfit(entry);
    if (entry.path === '') {
      if (entry.kind !== 'folder') throw invalid(tar, entry, 'is the root and no folder');
      top = { ...top, ...nodeOf(entry), below: top.below };
      made.push(top);
      continue;
    }
    const { folder, name } = placeOf(top, { entry, tar, time });
    const node =
      entry.kind === 'hardlink' ? linked(top, entry, tar) : { ...nodeOf(entry), content: spans };
    const found = folder.below.get(name);
    if (found?.kind === 'folder') {
      if (node.kind !== 'folder') throw invalid(tar, entry, 'is a folder, and then it is not');
      for (const [below, one] of found.below) node.below.set(below, one);
    }
    folder.below.set(name, node);
    made.push(node);
  }
  return { root: top, made };
}

function madeFolder(time: number): DiskNode {
  const own = { uid: 0, gid: 0, mtime: time, size: 0 };
  return { kind: 'folder', mode: 0o755, ...own, content: [], below: new Map() };
}

function nodeOf(entry: TarEntry): DiskNode {
  const { kind, path: _path, ...rest } = entry;
  if (kind === 'hardlink') throw new DomstartError('internal', 'a hard link is no node');
  return { ...rest, kind, content: [], below: new Map() };
}

/** The folder that an entry stands in; one that the tar does not name is made. */
function placeOf(
  root: DiskNode,
  { entry, tar, time }: { readonly entry: TarEntry; readonly tar: string; readonly time: number },
): { readonly folder: DiskNode; readonly name: string } {
  const parts = entry.path.split('/');
  const name = parts.pop() ?? '';
  let folder = root;
  for (const part of parts) {
    let next = folder.below.get(part);
    if (next === undefined) {
      next = madeFolder(time);
      folder.below.set(part, next);
    }
    if (next.kind !== 'folder') {
      throw invalid(tar, entry, `is below ${quoted(part)}, which is no folder`);
    }
    folder = next;
  }
  return { folder, name };
}

function linked(root: DiskNode, entry: TarEntry, tar: string): DiskNode {
  const target = entry.target ?? '';
  let node: DiskNode | undefined = root;
  for (const part of target.split('/')) node = node?.below.get(part);
  if (node === undefined || node.kind === 'folder') {
    throw invalid(tar, entry, `is a hard link to ${quoted(target)}, which is not before it`);
  }
  return node;
}

function refuseUnfit(entry: TarEntry): void {
  const why = whyUnfit(entry);
  if (why === undefined) return;
  const message = `cannot put ${quoted(entry.path)} on a disk: ${why}`;
  throw new DomstartError('not-supported', message, { hint: 'leave it out of the tar' });
}

/** What the file system cannot hold, or what could not be changed on it any more; `readTar` refuses the rest. */
function whyUnfit({ path, kind, target = '' }: TarEntry) {
  // Lines are what debugfs reads.
  if (/[\n\r]/.test(path)) return 'there is the end of a line in its name';
  if (/[\n\r]/.test(target)) return 'there is the end of a line in what it says';
  if (path.length > LONGEST_PATH) return `its path has more than ${LONGEST_PATH} bytes`;
  if (path.split('/').some(({ length }) => length > LONGEST_NAME)) {
    return `a name in its path has more than ${LONGEST_NAME} bytes`;
  }
  if (kind === 'link' && target.length >= BLOCK) {
    return `what it says has more than ${BLOCK - 1} bytes`;
  }
  return undefined;
}

function invalid(tar: string, { path }: TarEntry, why: string): DomstartError {
  return new DomstartError(
    'archive-invalid',
    `cannot make a disk of ${tar}: ${quoted(path)} ${why}`,
  );
}
