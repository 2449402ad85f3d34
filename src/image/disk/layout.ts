import { quoted } from '../../archive/names.ts';
import { DomstartError } from '../../model/errors.ts';
import { type Extent, MAP_BYTES, ROOT_INODE } from '../../tree/ext/format.ts';
import { type DiskNode, isFolder, sortedBelow } from './disk-node.ts';
import { type StoredAttributes, storeAttributes } from './ext/attributes.ts';
import { type BlockMap, fitsInInode, mapBlocks } from './ext/block-map.ts';
import { emptyFolderBlock, FILE_TYPE, type FolderEntry, folderBlocks } from './ext/directory.ts';
import { BLOCK, FIRST_INODE, type Geometry, geometryOf } from './ext/geometry.ts';
import { DiskFull, Space } from './ext/space.ts';
import type { Filesystem } from './ext/superblock.ts';
import type { TarTree } from './tree-of-tar.ts';

/** A node with the number of its inode, and what does not depend on the size of the disk. */
export interface Numbered {
  readonly node: DiskNode;
  readonly inode: number;
  links: number;
  /** The content of what is made here: of a folder, or of a long link. */
  bytes?: Buffer;
  readonly attributes?: StoredAttributes;
}

/** Where the blocks of a node are. */
export interface Placement {
  readonly extents: readonly Extent[];
  /** The blocks of its map that are not in the inode. */
  readonly mapBlocks: readonly number[];
  readonly attributeBlock?: number;
}

export interface Layout {
  readonly geometry: Geometry;
  readonly space: Space;
  readonly journal: Placement;
  readonly placements: ReadonlyMap<DiskNode, Placement>;
}

const LOST_AND_FOUND = 'lost+found';
const LOST_AND_FOUND_BLOCKS = 4;
/** Links of a folder with more are not counted (ext4), or there can be no more (ext3). */
const MOST_LINKS: Readonly<Record<Filesystem, number>> = { ext3: 32_000, ext4: 65_000 };

/** Gives every node its inode: the root its own, lost+found the first, and the others by their names. */
export function numberNodes(
  { root }: TarTree,
  { filesystem, time }: { readonly filesystem: Filesystem; readonly time: number },
): Map<DiskNode, Numbered> {
  const lost = root.below.get(LOST_AND_FOUND);
  if (lost?.kind !== 'folder') root.below.set(LOST_AND_FOUND, lostAndFound(time));
  const all = new Map<DiskNode, Numbered>();
  const visit = (node: DiskNode, path: string, inode: number) => {
    const known = all.get(node);
    if (known !== undefined) {
      known.links += 1;
      return;
    }
    all.set(node, { node, inode, links: 1, ...attributesOf(node, path) });
  };
  visit(root, '/', ROOT_INODE);
  visit(root.below.get(LOST_AND_FOUND) as DiskNode, LOST_AND_FOUND, FIRST_INODE);
  const walk = (folder: DiskNode, path: string) => {
    for (const [name, node] of sortedBelow(folder)) {
      const at = path === '' ? name : `${path}/${name}`;
      if (at !== LOST_AND_FOUND) visit(node, at, FIRST_INODE + all.size - 1);
      if (isFolder(node)) walk(node, at);
    }
  };
  walk(root, '');
  fillFolders(root, all, filesystem);
  return all;
}

function lostAndFound(time: number): DiskNode {
  const own = { uid: 0, gid: 0, mtime: time, size: 0 };
  return { kind: 'folder', mode: 0o700, ...own, content: [], below: new Map() };
}

function attributesOf(node: DiskNode, path: string): Pick<Numbered, 'attributes'> {
  if (node.attributes === undefined || node.attributes.size === 0) return {};
  let why = 'they take more than a block';
  const attributes = storeAttributes(node.attributes, (name) => {
    why = `ext knows no ${JSON.stringify(name)}`;
  });
  if (attributes !== undefined) return { attributes };
  const message = `cannot put the extended attributes of ${quoted(path)} on a disk: ${why}`;
  throw new DomstartError('not-supported', message);
}

/** Writes what is in the folders, and the long links; counts names. */
function fillFolders(root: DiskNode, all: Map<DiskNode, Numbered>, filesystem: Filesystem): void {
  const most = MOST_LINKS[filesystem];
  const fill = (folder: DiskNode, above: number, path: string) => {
    const own = all.get(folder) as Numbered;
    const names: FolderEntry[] = [
      { name: '.', inode: own.inode, type: FILE_TYPE.folder },
      { name: '..', inode: above, type: FILE_TYPE.folder },
    ];
    own.links = 2;
    for (const [name, node] of sortedBelow(folder)) {
      const at = `${path}/${name}`;
      const numbered = all.get(node) as Numbered;
      names.push({ name, inode: numbered.inode, type: FILE_TYPE[node.kind] });
      if (isFolder(node)) {
        own.links += 1;
        fill(node, own.inode, at);
      } else if (numbered.links > most) {
        throw new DomstartError('not-supported', `${quoted(at)} has more than ${most} names`);
      }
    }
    own.bytes = folderBlocks(names);
    if (own.inode === FIRST_INODE) own.bytes = withRoom(own.bytes);
    if (own.links <= most) return;
    if (filesystem === 'ext3') {
      const message = `${quoted(path)} has more than ${most - 2} folders in it, which ext3 cannot`;
      throw new DomstartError('not-supported', message, { hint: 'say `image filesystem ext4`' });
    }
    own.links = 1;
  };
  fill(root, ROOT_INODE, '');
  for (const numbered of all.values()) {
    const { kind, target = '' } = numbered.node;
    if (kind === 'link' && target.length >= MAP_BYTES) numbered.bytes = longLink(target);
  }
}

/** e2fsck puts names there when it cannot make room itself. */
function withRoom(bytes: Buffer): Buffer {
  const missing = LOST_AND_FOUND_BLOCKS - bytes.length / BLOCK;
  return Buffer.concat([bytes, ...Array.from({ length: Math.max(missing, 0) }, emptyFolderBlock)]);
}

function longLink(target: string): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  bytes.write(target, 'latin1');
  return bytes;
}

interface LayoutRequest {
  /** Bytes of the disk. */
  readonly size: number;
  readonly filesystem: Filesystem;
  readonly numbered: ReadonlyMap<DiskNode, Numbered>;
  readonly made: readonly DiskNode[];
}

/**
 * Gives everything its blocks: the journal, folders and links, and contents in the order of the tar,
 * so that it is written from front to back. Undefined where the disk is too small.
 */
export function layOut({ size, filesystem, numbered, made }: LayoutRequest): Layout | undefined {
  const geometry = geometryOf({ size, inodes: inodesFor(size, numbered.size) });
  if (geometry === undefined) return undefined;
  const space = new Space(geometry);
  const place = (count: number) => placeSpans(space, filesystem, [{ logical: 0, count }]);
  try {
    const journal = place(geometry.journalBlocks);
    const placements = new Map<DiskNode, Placement>();
    for (const { node, bytes, attributes } of numbered.values()) {
      const placed = place((bytes?.length ?? 0) / BLOCK);
      const more = attributes?.place === 'block' ? { attributeBlock: space.takeOne() } : {};
      placements.set(node, { ...placed, ...more });
    }
    for (const node of made) {
      const before = placements.get(node);
      // A second name brings nothing new, and what was replaced is not on the disk.
      if (before === undefined || before.extents.length > 0 || node.content.length === 0) continue;
      placements.set(node, { ...before, ...placeSpans(space, filesystem, node.content) });
    }
    return { geometry, space, journal, placements };
  } catch (error) {
    if (error instanceof DiskFull) return undefined;
    throw error;
  }
}

/** One for 16 KiB as mke2fs has it, and in any case a quarter more than there are. */
function inodesFor(size: number, nodes: number): number {
  return Math.max(Math.ceil(size / 16384), Math.ceil(nodes * 1.25) + 256);
}

function placeSpans(space: Space, filesystem: Filesystem, spans: DiskNode['content']): Placement {
  const extents: Extent[] = [];
  for (const { logical, count } of spans) {
    let at = logical;
    for (const run of space.take(count)) {
      extents.push({ logical: at, physical: run.first, count: run.count });
      at += run.count;
    }
  }
  const blocks: number[] = [];
  if (fitsInInode(filesystem, extents)) return { extents, mapBlocks: blocks };
  mapBlocks(filesystem, extents, () => {
    const block = space.takeOne();
    blocks.push(block);
    return block;
  });
  return { extents, mapBlocks: blocks };
}

/** The map of a placement, in the very blocks that were taken for it. */
export function mapOf(filesystem: Filesystem, { extents, mapBlocks: blocks }: Placement): BlockMap {
  let next = 0;
  return mapBlocks(filesystem, extents, () => blocks[next++] ?? 0);
}

/** All blocks that a placement takes. */
export function blocksOf({ extents, mapBlocks: blocks, attributeBlock }: Placement): number {
  const content = extents.reduce((total, { count }) => total + count, 0);
  return content + blocks.length + (attributeBlock === undefined ? 0 : 1);
}
