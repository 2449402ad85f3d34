import { quoted } from '../../archive/names.ts';
import { readTar } from '../../archive/read-tar.ts';
import type { TarEntry } from '../../archive/tar-entry.ts';
import { DomstartError } from '../../model/errors.ts';
import { spansOf } from './content-blocks.ts';
import type { DiskNode } from './disk-node.ts';

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
const LONGEST_LINK = 4095;

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
    if (entry.path === '') {
      if (entry.kind !== 'folder') throw invalid(tar, entry, 'is the root and no folder');
      top = { ...top, ...nodeOf(entry), below: top.below };
      made.push(top);
      continue;
    }
    refuseUnfit(entry);
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

/** Lines are what debugfs reads: such a name could not be changed on the disk any more. */
function refuseUnfit({ path, kind, target = '' }: TarEntry): void {
  const what = quoted(path);
  if (/[\n\r]/.test(path) || (kind === 'link' && /[\n\r]/.test(target))) {
    const message = `cannot put ${what} on a disk: there is the end of a line in its name`;
    throw new DomstartError('not-supported', message, { hint: 'rename it' });
  }
  const longest = Math.max(...path.split('/').map(({ length }) => length));
  if (longest > LONGEST_NAME || target.length > LONGEST_LINK) {
    throw new DomstartError('not-supported', `cannot put ${what} on a disk: its name is too long`, {
      hint: 'a name has at most 255 bytes, and what a link says 4095',
    });
  }
}

function invalid(tar: string, { path }: TarEntry, why: string): DomstartError {
  return new DomstartError(
    'archive-invalid',
    `cannot make a disk of ${tar}: ${quoted(path)} ${why}`,
  );
}
