import { open, rename, rm } from 'node:fs/promises';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import type { DiskNode } from './disk-node.ts';
import { BLOCK } from './ext/geometry.ts';
import type { Filesystem } from './ext/superblock.ts';
import { type Layout, layOut, type Numbered, numberNodes } from './layout.ts';
import { type TarTree, treeOfTar } from './tree-of-tar.ts';
import { uuidOf, uuidText } from './uuid.ts';
import { writeDisk } from './write-disk.ts';

export interface DiskRequest {
  /** A plain tar of the root file system. */
  readonly tar: string;
  readonly to: string;
  readonly filesystem: Filesystem;
  /** MiB; absent: what the content takes, and 512 MiB of room. */
  readonly size?: number;
  /** `VG/LV`, where `size` is that of an LVM volume. */
  readonly volume?: string;
  /** What the disk is: its UUID comes of it. */
  readonly uuidSeed: string;
  /** Seconds since 1970: of everything but the files' own times. */
  readonly time: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface MadeDisk {
  /** Bytes, holes included. */
  readonly size: number;
  readonly files: number;
  /** RFC 4122, for `root=UUID=`. */
  readonly uuid: string;
}

const MIB = 2 ** 20;
/** What a guest may add without anybody having said how large its disk is. It is a hole until then. */
const ROOM = 512 * MIB;
const STEP = 64 * MIB;

/**
 * Makes the image of an ext3 or ext4 file system that holds what a tar says: modes, owners, times,
 * hard links, devices and extended attributes included. Every byte comes of the request: not of who
 * asks, of the host's clock or file system, or of the versions of tools, as there are none. That is
 * what neither `mke2fs -d` gives (it takes the host's order of names and its times, and only the
 * newest reads tars) nor debugfs (whose places for blocks are those of its version).
 *
 * Written under another name beside `to` and renamed, but not flushed: the cache does that. What one
 * that was killed has left there is overwritten. Throws `archive-invalid`, `not-supported`, `host-io` or `cancelled`, and
 * `job-invalid` where `size` is too small.
 */
export async function makeDisk(request: DiskRequest): Promise<MadeDisk> {
  const { tar, to, filesystem, time, uuidSeed, signal, onProgress } = request;
  const tree = await treeOfTar(tar, { time, signal });
  const numbered = numberNodes(tree, { filesystem, time });
  const { layout, size } = chooseLayout(request, tree, numbered);
  onProgress(`writing ${Math.round(size / MIB)} MiB of ${filesystem}`);
  const uuid = uuidOf(`uuid ${uuidSeed}`);
  const hashSeed = uuidOf(`hash ${uuidSeed}`);
  const { made } = tree;
  const partial = `${to}.partial`;
  try {
    await using file = await open(partial, 'w', 0o644);
    await file.truncate(size);
    const plan = { filesystem, layout, numbered, made, uuid, hashSeed, time };
    await writeDisk(file, plan, { tar, signal });
    await rename(partial, to);
  } catch (error) {
    await rm(partial, { force: true });
    throw toDomstartError(error, 'host-io');
  }
  return { size, files: numbered.size, uuid: uuidText(uuid) };
}

function chooseLayout(
  { size, filesystem, volume }: DiskRequest,
  { made }: TarTree,
  numbered: ReadonlyMap<DiskNode, Numbered>,
): { readonly layout: Layout; readonly size: number } {
  const attempt = (bytes: number) => layOut({ size: bytes, filesystem, numbered, made });
  const least = leastSize(numbered);
  if (size !== undefined) {
    if (size * MIB > LARGEST) {
      throw new DomstartError('job-invalid', `no ext file system has ${size} MiB`, {
        hint: `say \`image size ${LARGEST / MIB}\` or less`,
      });
    }
    const layout = attempt(size * MIB);
    if (layout !== undefined) return { layout, size: size * MIB };
    const { size: needed } = firstThatFits(attempt, { from: least, step: MIB });
    throw tooSmall({ size, needed: needed / MIB, volume });
  }
  return firstThatFits(attempt, { from: least + ROOM, step: STEP });
}

function tooSmall({
  size,
  needed,
  volume,
}: {
  readonly size: number;
  readonly needed: number;
  readonly volume: string | undefined;
}): DomstartError {
  const where = volume === undefined ? 'a disk' : `the volume ${volume}`;
  const message = `the content does not fit in ${where} of ${size} MiB: it needs ${needed} MiB`;
  const hint =
    volume === undefined
      ? `say \`image size ${needed}\` or more, or leave it out`
      : `make it larger: \`lvextend --size ${needed}M ${volume}\``;
  return new DomstartError('job-invalid', message, { hint });
}

/** More than this is needed: contents, without what says where they are. */
function leastSize(numbered: ReadonlyMap<DiskNode, Numbered>): number {
  let blocks = 0;
  for (const { node, bytes } of numbered.values()) {
    for (const { count } of node.content) blocks += count;
    blocks += (bytes?.length ?? 0) / BLOCK;
  }
  return blocks * BLOCK;
}

/** Nearly what ext has numbers of blocks for. */
const LARGEST = 15 * 2 ** 40;

function firstThatFits(
  attempt: (size: number) => Layout | undefined,
  { from, step }: { readonly from: number; readonly step: number },
): { readonly layout: Layout; readonly size: number } {
  for (let size = Math.ceil(from / step) * step; size < LARGEST; size += step) {
    const layout = attempt(size);
    if (layout !== undefined) return { layout, size };
  }
  throw new DomstartError('not-supported', 'the content is larger than any ext file system');
}
