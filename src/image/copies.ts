import { stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import { DEFAULT_MEMORY, type DomainSpec, type ImageCopy } from '../model/domain.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { ImageWish } from '../ports/images.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { findHostFiles, type HostEntry, readHostFile } from './host-files.ts';

const MIB = 1024 * 1024;

/** What one stanza puts into the image. */
export interface Copied<E = ImageEntry> {
  /** As the job has it. */
  readonly stanza: string;
  readonly entries: readonly E[];
}

/** What the `image copy` stanzas put into the image, in their order. Throws a DomstartError. */
export async function readCopies(request: ImageWish): Promise<Copied[]> {
  return readContents(await findCopies(request.domain.image.copies, request), request);
}

/** Where the `image copy` stanzas have it from. */
export async function findCopies(
  copies: readonly ImageCopy[],
  request: ImageWish,
): Promise<Copied<HostEntry>[]> {
  const found: Copied<HostEntry>[] = [];
  for (const copy of copies) {
    request.signal.throwIfAborted();
    found.push(await findCopy(copy, request));
  }
  return found;
}

async function findCopy(
  copy: ImageCopy,
  { environment, jobFile }: ImageWish,
): Promise<Copied<HostEntry>> {
  const stanza = `image copy ${copy.source} ${copy.target}`;
  const name = expandPattern(copy.source, environment, stanza);
  const source = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
  const target = targetPath(expandPattern(copy.target, environment, stanza), source, stanza);
  return naming(source, async () => {
    if (copy.mode !== undefined && (await stat(source)).isDirectory()) {
      throw new DomstartError(
        'file-missing',
        `${source} is a folder, and \`${stanza}\` has the mode of a file`,
        { hint: 'name a file, or take the mode away: what is in a folder keeps its own modes' },
      );
    }
    const entries = await findHostFiles({ source, target, stanza });
    return { stanza, entries: entries.map((entry) => withMode(entry, copy.mode)) };
  });
}

function withMode(entry: HostEntry, mode: number | undefined): HostEntry {
  return entry.kind === 'file' && mode !== undefined ? { ...entry, mode } : entry;
}

/** With the contents, which must fit into the guest's memory. */
export async function readContents(
  copies: readonly Copied<HostEntry>[],
  { domain, signal }: ImageWish,
): Promise<Copied[]> {
  const budget = createBudget(domain);
  const read: Copied[] = [];
  for (const { stanza, entries } of copies) {
    const own: ImageEntry[] = [];
    for (const entry of entries) own.push(await withContent(entry, budget, signal));
    read.push({ stanza, entries: own });
  }
  return read;
}

async function withContent(
  entry: HostEntry,
  budget: Budget,
  signal: AbortSignal,
): Promise<ImageEntry> {
  if (entry.kind !== 'file') return entry;
  const { path, mode, source, size } = entry;
  const take = (bytes: number) => budget.take(source, bytes);
  const content = await naming(source, () => readHostFile({ source, size, signal, take }));
  return { kind: 'file', path, mode, content };
}

/** An error of reading does not say by itself of which file. */
export async function naming<T>(source: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof DomstartError) throw error;
    throw new DomstartError('file-missing', `cannot read ${source}: ${messageOf(error)}`, {
      hint: 'make it readable for the user that runs Domstart',
      cause: error,
    });
  }
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
