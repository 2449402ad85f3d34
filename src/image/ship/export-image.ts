import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { type TarInput, writeTar } from '../../archive/write-tar.ts';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import { copyDisk } from '../disk/copy-disk.ts';
import { isEntryName } from '../store/kinds.ts';
import { findEntry, type Obtained } from '../store/obtain.ts';
import {
  DIGEST,
  digestEntry,
  FORMAT,
  HEAD,
  PIECE,
  pieceName,
  type ShippedHead,
} from './shipped-format.ts';
import { whole } from './whole.ts';

export interface ExportRequest {
  readonly cache: string;
  /** Of the image. */
  readonly key: string;
  /** The file to write; one that is there is replaced when the new one is whole. */
  readonly to: string;
  readonly signal: AbortSignal;
}

const DISK = 'disk.img';

/**
 * Writes an image of the cache into one file that `importImage` takes in on another host. The same
 * image gives the same bytes, as far as zstd's versions agree. Throws `file-missing` where there is
 * no such image, `host-io` or `cancelled`.
 */
export async function exportImage(request: ExportRequest): Promise<void> {
  using image = await imageOf(request);
  await whole(request, async (to) => {
    await using disk = await open(join(image.folder, DISK));
    const tar = writeTar(itemsOf(image, disk), { signal: request.signal });
    await pipeline(tar, createZstdCompress(), createWriteStream(to), { signal: request.signal });
  });
}

/**
 * The same, or the plain disk, into a stream, which is left open. Returns whether all of it could be
 * written: false where its reader went away.
 */
export async function streamImage({
  to,
  raw,
  ...request
}: Omit<ExportRequest, 'to'> & { readonly to: Writable; readonly raw: boolean }): Promise<boolean> {
  const { signal } = request;
  using image = await imageOf(request);
  await using disk = await open(join(image.folder, DISK));
  try {
    const how = { signal, end: false };
    if (raw) await pipeline(disk.createReadStream({ autoClose: false }), to, how);
    else await pipeline(writeTar(itemsOf(image, disk), { signal }), createZstdCompress(), to, how);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return false;
    throw toDomstartError(error, 'host-io');
  }
}

/** Writes the disk of an image as xl and QEMU take it (`format=raw`); holes stay holes. */
export async function exportRaw(request: ExportRequest): Promise<void> {
  using image = await imageOf(request);
  await whole(request, (to) =>
    copyDisk({ from: join(image.folder, DISK), to, signal: request.signal }),
  );
}

async function imageOf({
  cache,
  key,
}: Pick<ExportRequest, 'cache' | 'key'>): Promise<Obtained<object>> {
  const found = isEntryName(key)
    ? await findEntry<object>({ cache, kind: 'images', key })
    : undefined;
  if (found !== undefined) return found;
  throw new DomstartError('file-missing', `the cache has no image ${key}`, {
    hint: '`domstart image list` shows those that are there',
  });
}

async function* itemsOf(image: Obtained<object>, disk: FileHandle): AsyncGenerator<TarInput> {
  const hash = createHash('sha256');
  const item = (path: string, content: Buffer): TarInput => {
    if (path !== DIGEST) digestEntry(hash, path, content);
    const entry = { path, kind: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
    return { entry: { ...entry, size: content.length }, content };
  };
  const head: ShippedHead = { format: FORMAT, version: 1, manifest: { ...image.manifest } };
  yield item(HEAD, Buffer.from(`${JSON.stringify(head, null, 2)}\n`));
  const { size } = await disk.stat();
  for (let offset = 0; offset < size; offset += PIECE) {
    const piece = await readPiece(disk, offset, Math.min(PIECE, size - offset));
    if (!piece.equals(ZERO.subarray(0, piece.length))) yield item(pieceName(offset), piece);
  }
  yield item(DIGEST, Buffer.from(`${hash.digest('hex')}\n`));
}

const ZERO = Buffer.alloc(PIECE);

async function readPiece(disk: FileHandle, offset: number, length: number): Promise<Buffer> {
  // What was handed out is still being packed when the next one is read.
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await disk.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw new DomstartError('host-io', 'the disk of the image became shorter');
    done += bytesRead;
  }
  return bytes;
}
