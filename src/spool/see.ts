import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, opendir, readlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kind, Seen } from './arrival.ts';
import { pathIn } from './names.ts';

/** Entries of a dropped folder that are looked at; a larger one is judged by these. */
const MOST_INSIDE = 20_000;

export interface SeenEntry {
  readonly seen: Seen;
  /** `DEV:INO` of what could be open for writing: the file, or those in the folder. */
  readonly files: readonly string[];
}

/** Undefined where there is nothing of that name. Links are not followed. */
export async function see(path: Buffer): Promise<SeenEntry | undefined> {
  const stat = await lstat(path, { bigint: true }).catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (stat === undefined) return undefined;
  const kind = kindOf(stat);
  const seen = {
    ...{ kind, size: Number(stat.size), inode: stat.ino },
    ...{ modified: milliseconds(stat.mtimeNs), changed: milliseconds(stat.ctimeNs) },
  };
  if (kind === 'file') return { seen, files: [`${stat.dev}:${stat.ino}`] };
  if (kind !== 'folder') return { seen, files: [] };
  const { inside, files } = await seeInside(path);
  return { seen: inside === undefined ? seen : { ...seen, inside }, files };
}

async function seeInside(folder: Buffer): Promise<{ inside?: number; files: readonly string[] }> {
  const files: string[] = [];
  const folders = [folder];
  let inside: number | undefined;
  let count = 0;
  for (let at = folders.pop(); at !== undefined && count < MOST_INSIDE; at = folders.pop()) {
    const above = at;
    for await (const name of namesIn(above)) {
      count += 1;
      if (count > MOST_INSIDE) break;
      const stat = await lstat(pathIn(above, name), { bigint: true }).catch(() => undefined);
      if (stat === undefined) continue;
      inside = Math.max(inside ?? 0, milliseconds(stat.ctimeNs));
      if (stat.isDirectory()) folders.push(pathIn(above, name));
      else if (stat.isFile()) files.push(`${stat.dev}:${stat.ino}`);
    }
  }
  return inside === undefined ? { files } : { inside, files };
}

/** As bytes, one after the other: a folder may have any number of them. Ends where it is none. */
export async function* namesIn(folder: Buffer | string): AsyncGenerator<Buffer> {
  for await (const { name } of entriesIn(folder)) yield name;
}

/** The same, with what each is. */
export async function* entriesIn(folder: Buffer | string): AsyncGenerator<Dirent<Buffer>> {
  let listing: Awaited<ReturnType<typeof opendir>>;
  try {
    // Node's types know texts only.
    listing = await opendir(folder as string, {
      encoding: 'buffer' as BufferEncoding,
      bufferSize: 256,
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    throw error;
  }
  for await (const entry of listing) yield entry as unknown as Dirent<Buffer>;
}

function kindOf(stat: BigIntStats): Kind {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'folder';
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isSocket()) return 'socket';
  return stat.isFIFO() ? 'pipe' : 'device';
}

/** With what is behind the point: two changes may be less than one apart. */
function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}

/** How far the clock of a folder's file system is ahead of ours, in milliseconds. */
export async function clockLead(folder: string): Promise<number> {
  const probe = join(folder, '.clock');
  try {
    await writeFile(probe, '');
    const { mtimeMs } = await lstat(probe);
    const lead = mtimeMs - Date.now();
    // Less is the time that it took, and the kernel's own grain.
    return Math.abs(lead) < 1000 ? 0 : lead;
  } catch {
    return 0;
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

/** The first namespace of pids has this number (PROC_PID_INIT_INO of the kernel's proc_ns.h). */
const FIRST_NAMESPACE = 'pid:[4026531836]';

/** Whether every process of this host shows what it has open: to root, outside of containers. */
export async function seesAllProcesses(): Promise<boolean> {
  if (process.geteuid?.() !== 0) return false;
  return (await readlink('/proc/self/ns/pid').catch(() => '')) === FIRST_NAMESPACE;
}
