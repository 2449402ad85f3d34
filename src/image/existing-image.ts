import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { ImageWish } from '../ports/images.ts';
import { contentOf, LOOKED_AT } from '../tree/disk-content.ts';
import { readSuperblock } from '../tree/ext/superblock.ts';
import { openTree } from '../tree/open-tree.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { cacheKey } from './cache-key.ts';
import { naming } from './copies.ts';
import { copyDisk } from './disk/copy-disk.ts';
import { diskSize } from './disk/disk-size.ts';
import { uuidText } from './disk/uuid.ts';
import { editsOf } from './edits.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { DISK, type DiskManifest, type SharedImage, sharedImage } from './image-entry.ts';
import { obtain } from './store/obtain.ts';

/** To be raised when the code, and not its inputs, changes what comes out. */
const LAYOUT = 1;

/**
 * `image from disk FILE`: the file itself, which nobody writes to. Where the job edits it, a copy with
 * the edits, made again when the file has changed.
 */
export async function existingImage(
  request: ImageWish,
  options: ImageBuilderOptions,
  pattern: string,
): Promise<SharedImage> {
  const { environment, jobFile, signal, onProgress } = request;
  const stanza = `image from disk ${pattern}`;
  const name = expandPattern(pattern, environment, stanza);
  const file = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
  const found = await naming(file, () => readDiskFile(file, stanza));
  const { format, uuid } = found;
  const description = `disk ${name}`;
  if (!isEdited(request)) {
    const { size } = found;
    return { disk: file, format, size, cached: true, made: [], description, release: () => {} };
  }
  if (format !== 'raw' || uuid === undefined) throw notEdited(file, stanza);
  const edits = await editsOf(request, options);
  const image = await obtain<DiskManifest>({
    ...{ cache: options.cache, kind: 'images', signal, onProgress },
    key: cacheKey([LAYOUT, file, ...found.identity, edits.key]),
    what: `the image of ${description}`,
    async make(folder) {
      const to = join(folder, DISK);
      const { size, time } = found;
      await copyDisk({ from: file, to, signal });
      await edits.apply(await openTree(to, signal, { time, own: true, name: file }), { uuid });
      return { time, uuid, size, description };
    },
  });
  return sharedImage(image, { before: [] });
}

function isEdited({ domain: { image, guest } }: ImageWish): boolean {
  const { hostname, hosts, interfaces, mounts, passwords, users, copies, modules } = image;
  const lists = [hosts, interfaces, mounts, passwords, users, copies];
  const listed = lists.some((list) => list !== undefined && list.length > 0);
  const installed = guest !== undefined && guest.init !== 'direct';
  return listed || installed || hostname !== undefined || (modules ?? 'none') !== 'none';
}

interface DiskFile {
  readonly format: 'raw' | 'qcow2';
  /** Of the ext file system that it is, if it is one. */
  readonly uuid?: string;
  readonly size: number;
  /** Seconds since 1970, of its last change. */
  readonly time: number;
  /** Other when the file was changed. */
  readonly identity: readonly string[];
}

async function readDiskFile(path: string, stanza: string): Promise<DiskFile> {
  const stats = await stat(path, { bigint: true });
  const { mtimeNs, ctimeNs, ino } = stats;
  if (!stats.isFile() && !stats.isBlockDevice()) {
    throw new DomstartError('file-missing', `${path}, the file of \`${stanza}\`, is no disk`, {
      hint: 'name a raw or qcow2 image',
    });
  }
  await using file = await open(path, 'r');
  const begin = Buffer.alloc(LOOKED_AT);
  const { bytesRead } = await file.read(begin, 0, begin.length, 0);
  const superblock = readSuperblock(begin);
  const content = contentOf(begin.subarray(0, bytesRead));
  if (content.kind === 'other' && content.isPacked === true) {
    throw new DomstartError(
      'job-invalid',
      `${path}, the file of \`${stanza}\`, is no disk, but ${content.name}`,
      { hint: 'name a raw or qcow2 image; `image from tar` makes a disk of a tar' },
    );
  }
  const size = await diskSize(path);
  const format = begin.toString('latin1', 0, 4) === 'QFI\xfb' ? 'qcow2' : 'raw';
  return {
    format,
    ...(superblock === undefined ? {} : { uuid: uuidText(superblock.uuid) }),
    size: format === 'qcow2' ? Number(begin.readBigUInt64BE(24)) : size,
    time: Number(mtimeNs / 1_000_000_000n),
    // Of a device no time tells of a change, but the superblock does of every mount.
    identity: [...[size, mtimeNs, ctimeNs, ino].map(String), cacheKey(begin.toString('latin1'))],
  };
}

function notEdited(file: string, stanza: string): DomstartError {
  return new DomstartError(
    'not-supported',
    `cannot write into ${file}: it is no raw image of an ext3 or ext4 file system without partitions`,
    {
      hint: `of \`${stanza}\` only such an image can be changed: take the other \`image\` stanzas out`,
    },
  );
}
