import { readdir, stat } from 'node:fs/promises';
import { folderIdentity } from './nearest-folder.ts';
import { codeOf } from './watch-error.ts';

/** What of an entry tells that it is another one, or was written to. */
export interface Fingerprint {
  readonly kind: 'file' | 'folder' | 'other';
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

export interface FolderSnapshot {
  /** Undefined where there is no such folder. */
  readonly identity: string | undefined;
  readonly entries: ReadonlyMap<string, Fingerprint>;
}

export interface ReadFolderOptions {
  readonly folder: string;
  /** The names to look at; all that `matters` where absent. */
  readonly names?: readonly string[];
  matters(name: string): boolean;
  /** Whether an entry that was there before, and still is, has to be looked at. */
  touched(name: string): boolean;
  /** The folder as it was. What cannot be read now is taken to be as it was. */
  readonly before: FolderSnapshot;
  /** The folder or an entry cannot be read. */
  onUnreadable(path: string, error: unknown): void;
}

export const absent: FolderSnapshot = { identity: undefined, entries: new Map() };

/** So many at once: Node has four threads for it, and a promise each costs memory. */
const BATCH = 64;

/** Symbolic links are followed: a link counts as what it leads to, and one that leads nowhere is not there. */
export async function readFolder(options: ReadFolderOptions): Promise<FolderSnapshot> {
  const { folder, before, touched } = options;
  const identity = await folderIdentity(folder);
  const names = options.names ?? (await readNames(options));
  if (names === undefined) return { identity, entries: before.entries };
  const entries = new Map<string, Fingerprint>();
  const news: string[] = [];
  for (const name of names) {
    const then = before.entries.get(name);
    if (then === undefined || identity !== before.identity || touched(name)) news.push(name);
    else entries.set(name, then);
  }
  for (let at = 0; at < news.length; at += BATCH) {
    const batch = news.slice(at, at + BATCH);
    const found = await Promise.all(batch.map((name) => readEntry(options, name)));
    for (const [index, fingerprint] of found.entries()) {
      if (fingerprint !== undefined) entries.set(batch[index] as string, fingerprint);
    }
  }
  return { identity, entries };
}

/** Undefined where the folder is there and cannot be read. */
async function readNames(options: ReadFolderOptions): Promise<string[] | undefined> {
  const { folder, matters, onUnreadable } = options;
  try {
    return (await readdir(folder)).filter(matters);
  } catch (error) {
    if (isMissing(error)) return [];
    onUnreadable(folder, error);
    return undefined;
  }
}

async function readEntry(
  { folder, before, onUnreadable }: ReadFolderOptions,
  name: string,
): Promise<Fingerprint | undefined> {
  const path = pathIn(folder, name);
  try {
    return await fingerprintOf(path);
  } catch (error) {
    // Node puts U+FFFD for what is not UTF-8, and does not find such a file again.
    if (isMissing(error) && !name.includes('\uFFFD')) return undefined;
    onUnreadable(path, error);
    return before.entries.get(name);
  }
}

export async function fingerprintOf(path: string): Promise<Fingerprint> {
  const found = await stat(path, { bigint: true });
  const { size, mtimeNs, ino, dev } = found;
  const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
  return { kind, size, mtimeNs, ino, dev };
}

export function pathIn(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG';
}

/** A folder inside changes its time and size with its own entries, which are not looked at. */
export function sameEntry(left: Fingerprint, right: Fingerprint): boolean {
  if (left.kind !== right.kind || left.ino !== right.ino || left.dev !== right.dev) return false;
  return left.kind === 'folder' || (left.size === right.size && left.mtimeNs === right.mtimeNs);
}

export interface EntryChange {
  readonly name: string;
  readonly event: 'create' | 'modify' | 'delete';
}

/** In the order of names. */
export function changesBetween(before: FolderSnapshot, after: FolderSnapshot): EntryChange[] {
  const changes: EntryChange[] = [];
  for (const [name, now] of after.entries) {
    const then = before.entries.get(name);
    if (then === undefined) changes.push({ name, event: 'create' });
    else if (!sameEntry(then, now)) changes.push({ name, event: 'modify' });
  }
  for (const name of before.entries.keys()) {
    if (!after.entries.has(name)) changes.push({ name, event: 'delete' });
  }
  return changes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
