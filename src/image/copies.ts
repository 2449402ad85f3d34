import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { DEFAULT_MEMORY, type DomainSpec, type ImageCopy } from '../model/domain.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { ImageRequest } from '../ports/images.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';

const MIB = 1024 * 1024;

/** What one `image copy` stanza puts into the image. */
export interface Copied {
  /** As the job has it. */
  readonly stanza: string;
  readonly entries: readonly ImageEntry[];
}

/** What the `image copy` stanzas put into the image, in their order. Throws a DomstartError. */
export async function readCopies(request: ImageRequest): Promise<Copied[]> {
  const copies: Copied[] = [];
  const budget = createBudget(request.domain);
  for (const copy of request.domain.image.copies) {
    request.signal.throwIfAborted();
    copies.push(await readCopy(copy, request, budget));
  }
  return copies;
}

async function readCopy(
  copy: ImageCopy,
  { environment, jobFile, signal }: ImageRequest,
  budget: Budget,
): Promise<Copied> {
  const stanza = `image copy ${copy.source} ${copy.target}`;
  const name = expandPattern(copy.source, environment, stanza);
  const source = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
  const target = targetPath(expandPattern(copy.target, environment, stanza), source, stanza);
  try {
    const found = await stat(source);
    const read = { source, target, stanza, budget, signal };
    if (!found.isDirectory()) return { stanza, entries: [await fileEntry(read, copy.mode)] };
    if (copy.mode === undefined) return { stanza, entries: await folderEntries(read) };
    throw new DomstartError(
      'file-missing',
      `${source} is a folder, and \`${stanza}\` has the mode of a file`,
      { hint: 'name a file, or take the mode away: what is in a folder keeps its own modes' },
    );
  } catch (error) {
    if (error instanceof DomstartError) throw error;
    throw new DomstartError('file-missing', `cannot read ${source}: ${messageOf(error)}`, {
      hint: 'make it readable for the user that runs Domstart',
      cause: error,
    });
  }
}

interface Reading {
  readonly source: string;
  readonly target: string;
  readonly stanza: string;
  readonly budget: Budget;
  readonly signal: AbortSignal;
}

async function fileEntry(read: Reading, mode?: number): Promise<ImageEntry> {
  const { source, target, stanza } = read;
  const found = await stat(source);
  if (!found.isFile()) {
    throw new DomstartError('file-missing', `cannot copy ${source} for \`${stanza}\``, {
      hint: 'only files, folders and symbolic links are copied; it is something else',
    });
  }
  const content = await readWhole(read, found.size);
  return { kind: 'file', path: target, mode: mode ?? found.mode & 0o7777, content };
}

const CHUNK = 64 * 1024;

/**
 * A file with its end wherever that is: those of the kernel have no size and may never end, or have
 * nothing to give for now and would have us wait (`O_NONBLOCK`).
 */
async function readWhole({ source, budget, signal }: Reading, size: number): Promise<Buffer> {
  budget.take(source, size);
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
    if (total > beyond) budget.take(source, total - beyond);
  }
}

/** The folder and all that is in it; links stay links, so nothing outside is followed to. */
async function folderEntries(read: Reading): Promise<ImageEntry[]> {
  const { source, target } = read;
  const mode = (await stat(source)).mode & 0o7777;
  const own: ImageEntry[] = target === '/' ? [] : [{ kind: 'folder', path: target, mode }];
  const below: ImageEntry[] = [];
  for (const name of (await readdir(source)).sort()) {
    const next = { ...read, source: join(source, name), target: posix.join(target, name) };
    const found = await lstat(next.source);
    if (found.isSymbolicLink()) {
      below.push({ kind: 'link', path: next.target, target: await readlink(next.source) });
    } else if (found.isDirectory()) {
      below.push(...(await folderEntries(next)));
    } else {
      below.push(await fileEntry(next));
    }
  }
  return [...own, ...below];
}

/** A target that ends in a slash names the folder that the source goes into. */
function targetPath(target: string, source: string, stanza: string): string {
  if (!target.startsWith('/')) {
    throw new DomstartError('job-invalid', `the target of \`${stanza}\` is not a full path`, {
      hint: `write it with a slash at its beginning: /${target || basename(source)}`,
    });
  }
  const path = posix.normalize(target.endsWith('/') ? `${target}${basename(source)}` : target);
  // `..` above the root is the root, as everywhere.
  return path;
}

interface Budget {
  take(source: string, bytes: number): void;
}

/** A busybox image lives in the guest's memory: what cannot fit is refused before it is read. */
function createBudget(domain: DomainSpec): Budget {
  const memory = domain.memory ?? DEFAULT_MEMORY;
  let left = memory * MIB;
  return {
    take(source, bytes) {
      left -= bytes;
      if (left >= 0) return;
      throw new DomstartError(
        'not-supported',
        `cannot copy ${source}: the files of this image do not fit into the domain's ${memory} MiB of memory`,
        { hint: 'a busybox image is held in memory: raise `domain memory`, or copy less' },
      );
    },
  };
}
