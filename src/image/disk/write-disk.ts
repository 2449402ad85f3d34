import type { FileHandle } from 'node:fs/promises';
import { readTar } from '../../archive/read-tar.ts';
import { DomstartError } from '../../model/errors.ts';
import { type Extent, MAP_BYTES } from '../../tree/ext/format.ts';
import { BlockWriter } from './block-writer.ts';
import { type ContentPart, contentBlocks } from './content-blocks.ts';
import type { DiskNode } from './disk-node.ts';
import { BLOCK, FIRST_INODE, groupAt, INODE, INODES_PER_BLOCK, JOURNAL } from './ext/geometry.ts';
import { deviceData, encodeInode, type InodeFields } from './ext/inode.ts';
import {
  bitmap,
  type Filesystem,
  type GroupCount,
  groupTable,
  journalBlock,
  type SuperblockFields,
  superblock,
} from './ext/superblock.ts';
import { blocksOf, type Layout, mapOf, type Numbered, type Placement } from './layout.ts';

export interface DiskPlan {
  readonly filesystem: Filesystem;
  readonly layout: Layout;
  readonly numbered: ReadonlyMap<DiskNode, Numbered>;
  readonly made: readonly DiskNode[];
  /** 16 bytes each. */
  readonly uuid: Buffer;
  readonly hashSeed: Buffer;
  readonly time: number;
}

/** Writes a disk into an empty file; what is all zero stays a hole. */
export async function writeDisk(
  file: FileHandle,
  plan: DiskPlan,
  { tar, signal }: { readonly tar: string; readonly signal: AbortSignal },
): Promise<void> {
  const writer = new BlockWriter(file);
  await writeGroups(writer, plan);
  await writeInodes(writer, plan);
  await writeOwnContents(writer, plan);
  await writeContents(writer, plan, readTar(tar, { signal }));
  await writer.flush();
}

async function writeGroups(writer: BlockWriter, plan: DiskPlan): Promise<void> {
  const { layout, filesystem, uuid, hashSeed, time } = plan;
  const { geometry, space, journal } = layout;
  const inodes = inodesUsed(plan);
  const map = mapOf(filesystem, journal);
  const counts = countGroups(plan);
  const fields: SuperblockFields = {
    filesystem,
    geometry,
    counts,
    uuid,
    hashSeed,
    time,
    journal: { map: map.inode, size: geometry.journalBlocks * BLOCK },
  };
  const table = groupTable(fields);
  for (let index = 0; index < geometry.groups; index += 1) {
    const group = groupAt(geometry, index);
    if (group.hasSuperblock) {
      const block = Buffer.alloc(BLOCK);
      // The first one leaves room for a boot sector.
      superblock(fields, index).copy(block, index === 0 ? 1024 : 0);
      await writer.write(group.first, block);
      await writer.write(group.first + 1, table);
    }
    const blocks = bitmap({ used: space.usedIn(index), length: group.blocks });
    await writer.write(group.blockBitmap, blocks);
    const used = usedIn(index, { inodes, perGroup: geometry.inodesPerGroup });
    const length = geometry.inodesPerGroup;
    await writer.write(group.inodeBitmap, bitmap({ used, length }));
  }
  await writer.write(journal.extents[0]?.physical ?? 0, journalBlock(fields));
  for (const { at, bytes } of map.blocks) await writer.write(at, bytes);
}

/** The inodes up to the last one that is in use. */
function inodesUsed({ numbered }: DiskPlan): number {
  return FIRST_INODE + numbered.size - 2;
}

function usedIn(
  index: number,
  { inodes, perGroup }: { readonly inodes: number; readonly perGroup: number },
): number {
  return Math.min(Math.max(inodes - index * perGroup, 0), perGroup);
}

function countGroups(plan: DiskPlan): GroupCount[] {
  const { geometry, space } = plan.layout;
  const perGroup = geometry.inodesPerGroup;
  const inodes = inodesUsed(plan);
  const folders = new Array<number>(geometry.groups).fill(0);
  for (const { node, inode } of plan.numbered.values()) {
    const index = Math.floor((inode - 1) / perGroup);
    if (node.kind === 'folder') folders[index] = (folders[index] ?? 0) + 1;
  }
  return folders.map((count, index) => ({
    freeBlocks: groupAt(geometry, index).blocks - space.usedIn(index),
    freeInodes: perGroup - usedIn(index, { inodes, perGroup }),
    folders: count,
  }));
}

/** Sixteen inodes are a block. */
async function writeInodes(writer: BlockWriter, plan: DiskPlan): Promise<void> {
  const { inodesPerGroup } = plan.layout.geometry;
  let at = -1;
  let block = Buffer.alloc(BLOCK);
  for (const { inode, fields } of inodesInOrder(plan)) {
    const index = Math.floor((inode - 1) / inodesPerGroup);
    const within = (inode - 1) % inodesPerGroup;
    const { inodeTable } = groupAt(plan.layout.geometry, index);
    const next = inodeTable + Math.floor(within / INODES_PER_BLOCK);
    if (next !== at) {
      if (at >= 0) await writer.write(at, block);
      block = Buffer.alloc(BLOCK);
      at = next;
    }
    const bytes = encodeInode(plan.filesystem, fields);
    bytes.copy(block, (within % INODES_PER_BLOCK) * INODE);
  }
  await writer.write(at, block);
}

/** The root's, the journal's and the others, which were numbered in this order. */
function* inodesInOrder(plan: DiskPlan): Generator<{ inode: number; fields: InodeFields }> {
  for (const numbered of plan.numbered.values()) {
    const { inode } = numbered;
    if (inode === FIRST_INODE) yield { inode: JOURNAL, fields: journalFields(plan) };
    yield { inode, fields: fieldsOf(plan, numbered) };
  }
}

function journalFields({ filesystem, layout, time }: DiskPlan): InodeFields {
  const { journal, geometry } = layout;
  return {
    mode: 0o100600,
    uid: 0,
    gid: 0,
    links: 1,
    size: geometry.journalBlocks * BLOCK,
    blocks: blocksOf(journal),
    mtime: time,
    time,
    data: mapOf(filesystem, journal).inode,
    mapped: true,
  };
}

const TYPES: Readonly<Record<DiskNode['kind'], number>> = {
  fifo: 0o010000,
  character: 0o020000,
  folder: 0o040000,
  block: 0o060000,
  file: 0o100000,
  link: 0o120000,
};

function fieldsOf(plan: DiskPlan, { node, links, bytes, attributes }: Numbered): InodeFields {
  const placement = plan.layout.placements.get(node) as Placement;
  const { attributeBlock } = placement;
  return {
    mode: TYPES[node.kind] | (node.kind === 'link' ? 0o777 : node.mode),
    uid: node.uid,
    gid: node.gid,
    links,
    size: node.target?.length ?? bytes?.length ?? node.size,
    blocks: blocksOf(placement),
    mtime: node.mtime,
    time: plan.time,
    ...dataOf(plan, placement, { node, bytes }),
    ...(attributes?.place === 'inode' ? { attributes: attributes.bytes } : {}),
    ...(attributeBlock === undefined ? {} : { attributeBlock }),
  };
}

function dataOf(
  { filesystem }: DiskPlan,
  placement: Placement,
  { node, bytes }: { readonly node: DiskNode; readonly bytes: Buffer | undefined },
): Pick<InodeFields, 'data' | 'mapped'> {
  const { kind, target = '', major = 0, minor = 0 } = node;
  if (kind === 'file' || bytes !== undefined) {
    return { data: mapOf(filesystem, placement).inode, mapped: true };
  }
  if (kind === 'character' || kind === 'block') {
    return { data: deviceData({ major, minor }), mapped: false };
  }
  const data = Buffer.alloc(MAP_BYTES);
  data.write(target, 'latin1');
  return { data, mapped: false };
}

/** Folders, long links, and attributes that have a block. */
async function writeOwnContents(writer: BlockWriter, plan: DiskPlan): Promise<void> {
  for (const { node, bytes, attributes } of plan.numbered.values()) {
    const placement = plan.layout.placements.get(node) as Placement;
    if (bytes !== undefined) {
      await writePart(writer, placement.extents, { first: 0, bytes });
      await writeMap(writer, plan, placement);
    }
    if (placement.attributeBlock !== undefined && attributes !== undefined) {
      await writer.write(placement.attributeBlock, attributes.bytes);
    }
  }
}

async function writeContents(
  writer: BlockWriter,
  plan: DiskPlan,
  items: ReturnType<typeof readTar>,
): Promise<void> {
  const written = new Set<DiskNode>();
  let index = 0;
  for await (const { entry, content } of items) {
    const node = plan.made[index];
    index += 1;
    const placement = node && plan.layout.placements.get(node);
    if (node?.kind !== 'file' || placement === undefined || entry.kind !== 'file') continue;
    if (written.has(node)) continue;
    written.add(node);
    let count = 0;
    for await (const part of contentBlocks(content)) {
      count += await writePart(writer, placement.extents, part);
    }
    if (entry.size !== node.size || count !== sum(placement.extents)) throw changed();
    await writeMap(writer, plan, placement);
  }
  if (index !== plan.made.length) throw changed();
}

/** Writes what of a part has a place on the disk; gives the number of blocks. */
async function writePart(
  writer: BlockWriter,
  extents: readonly Extent[],
  { first, bytes }: ContentPart,
): Promise<number> {
  const end = first + bytes.length / BLOCK;
  let written = 0;
  for (const { logical, physical, count } of extents) {
    if (logical >= end) break;
    const from = Math.max(logical, first);
    const to = Math.min(logical + count, end);
    if (from >= to) continue;
    const part = bytes.subarray((from - first) * BLOCK, (to - first) * BLOCK);
    await writer.write(physical + from - logical, part);
    written += to - from;
  }
  return written;
}

async function writeMap(writer: BlockWriter, plan: DiskPlan, placement: Placement): Promise<void> {
  if (placement.mapBlocks.length === 0) return;
  for (const { at, bytes } of mapOf(plan.filesystem, placement).blocks) {
    await writer.write(at, bytes);
  }
}

function sum(extents: readonly Extent[]): number {
  return extents.reduce((total, { count }) => total + count, 0);
}

function changed(): DomstartError {
  return new DomstartError('host-io', 'the tar of a disk changed while it was read', {
    hint: 'try again when nothing writes to it',
  });
}
