import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { DomstartError } from '../model/errors.ts';

/** What a stanza takes from this host; `path` is where it goes in the guest. */
export type HostEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      /** Absolute, on this host. */
      readonly source: string;
      /** Bytes when it was looked at. Files of the kernel say 0. */
      readonly size: number;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

export interface HostFiles {
  /** On this host. */
  readonly source: string;
  /** In the guest. */
  readonly target: string;
  /** As the job has it, for errors. */
  readonly stanza: string;
}

/**
 * A file, or a folder and all that is in it, in an order that is always the same. Links stay links, so
 * nothing outside is followed to; the source itself may be one.
 */
export async function findHostFiles(files: HostFiles): Promise<HostEntry[]> {
  const found = await stat(files.source);
  if (!found.isDirectory()) return [await fileEntry(files)];
  const own: HostEntry[] =
    files.target === '/' ? [] : [{ kind: 'folder', path: files.target, mode: found.mode & 0o7777 }];
  const below: HostEntry[] = [];
  for (const name of (await readdir(files.source)).sort()) {
    const source = join(files.source, name);
    const target = posix.join(files.target, name);
    const next = await lstat(source);
    if (next.isSymbolicLink()) {
      below.push({ kind: 'link', path: target, target: await readlink(source) });
    } else {
      below.push(...(await findHostFiles({ ...files, source, target })));
    }
  }
  return [...own, ...below];
}

async function fileEntry({ source, target, stanza }: HostFiles): Promise<HostEntry> {
  const found = await stat(source);
  if (!found.isFile()) {
    throw new DomstartError('file-missing', `cannot copy ${source} for \`${stanza}\``, {
      hint: 'only files, folders and symbolic links are copied; it is something else',
    });
  }
  return { kind: 'file', path: target, mode: found.mode & 0o7777, source, size: found.size };
}

const CHUNK = 64 * 1024;

export interface HostFileReading {
  readonly source: string;
  readonly size: number;
  readonly signal: AbortSignal;
  /** Asked before so many bytes more are taken into memory; throws where that is too much. */
  readonly take: (bytes: number) => void;
}

/**
 * A file with its end wherever that is: those of the kernel have no size and may never end, or have
 * nothing to give for now and would have us wait (`O_NONBLOCK`).
 */
export async function readHostFile({
  source,
  size,
  signal,
  take,
}: HostFileReading): Promise<Buffer> {
  take(size);
  await using file = await open(source, constants.O_RDONLY | constants.O_NONBLOCK);
  const pieces: Buffer[] = [];
  let total = 0;
  for (;;) {
    signal.throwIfAborted();
    const piece = Buffer.allocUnsafe(Math.max(size - total, CHUNK));
    const { bytesRead } = await file.read(piece, 0, piece.length);
    if (bytesRead === 0) return Buffer.concat(pieces, total);
    pieces.push(piece.subarray(0, bytesRead));
    const beyond = Math.max(total, size);
    total += bytesRead;
    if (total > beyond) take(total - beyond);
  }
}
