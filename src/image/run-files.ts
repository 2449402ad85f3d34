import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { nameOf } from '../archive/names.ts';
import type { TarEntry } from '../archive/tar-entry.ts';
import { type TarInput, writeTar } from '../archive/write-tar.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { Copied } from './copies.ts';
import { type HostEntry, readHostFile } from './host-files.ts';

export interface RunFiles {
  /** The tar to write. */
  readonly to: string;
  /** Of the guest's init. */
  readonly inside: readonly ImageEntry[];
  readonly added: readonly Copied<HostEntry>[];
  readonly signal: AbortSignal;
}

/** A larger file is not taken into memory; those without a size, the kernel's, are. */
const LARGE = 1024 * 1024;

/** Everything that a run puts into the root file system of its disk, as a tar. */
export async function writeRunFiles({ to, inside, added, signal }: RunFiles): Promise<void> {
  const entries = [...added.flatMap((copy) => copy.entries), ...inside];
  await pipeline(
    Readable.from(writeTar(inputs(entries, signal), { signal })),
    createWriteStream(to, { flags: 'wx', mode: 0o600 }),
    { signal },
  );
}

async function* inputs(
  entries: readonly (HostEntry | ImageEntry)[],
  signal: AbortSignal,
): AsyncGenerator<TarInput> {
  const mtime = Math.floor(Date.now() / 1000);
  for (const entry of entries) yield await tarInput(entry, mtime, signal);
}

async function tarInput(
  entry: HostEntry | ImageEntry,
  mtime: number,
  signal: AbortSignal,
): Promise<TarInput> {
  const path = nameOf(entry.path.slice(1));
  const common = { path, mtime, uid: 0, gid: 0, size: 0 };
  switch (entry.kind) {
    case 'folder':
      return { entry: { ...common, kind: 'folder', mode: entry.mode } };
    case 'link':
      return { entry: { ...common, kind: 'link', mode: 0o777, target: nameOf(entry.target) } };
    case 'device': {
      const { mode, major, minor } = entry;
      return { entry: { ...common, kind: 'character', mode, major, minor } };
    }
    case 'file':
      return withContent({ ...common, kind: 'file', mode: entry.mode }, entry, signal);
  }
}

async function withContent(
  entry: TarEntry,
  from: (HostEntry | ImageEntry) & { readonly kind: 'file' },
  signal: AbortSignal,
): Promise<TarInput> {
  if ('content' in from) {
    const content = Buffer.from(from.content);
    return { entry: { ...entry, size: content.length }, content };
  }
  const { source, size } = from;
  if (size > LARGE) return { entry: { ...entry, size }, content: createReadStream(source) };
  const content = await readHostFile({ source, size, signal, take: () => {} });
  return { entry: { ...entry, size: content.length }, content };
}
