import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CACHE_KINDS,
  type CacheEntryName,
  type CacheKind,
  entryFolder,
  isEntryName,
  type StoredManifest,
  usedFile,
} from './kinds.ts';
import { countLeases } from './lease.ts';
import { readManifest } from './manifest.ts';

export interface CacheEntry extends CacheEntryName {
  readonly folder: string;
  /** Undefined where it was damaged; such an entry is never used. */
  readonly manifest: (StoredManifest & Readonly<Record<string, unknown>>) | undefined;
  /** On the disk: a hole takes none. */
  readonly bytes: number;
  /** Last used, in milliseconds since 1970. */
  readonly used: number;
  /** How many runs and builds use it now. */
  readonly leases: number;
}

/** Everything that images are made of, those used last first. An entry that goes meanwhile is left out. */
export async function listCache(cache: string): Promise<CacheEntry[]> {
  const lists = await Promise.all(CACHE_KINDS.map((kind) => listKind(cache, kind)));
  return lists.flat().sort((a, b) => b.used - a.used);
}

async function listKind(cache: string, kind: CacheKind): Promise<CacheEntry[]> {
  const names = await readdir(join(cache, kind)).catch(absentIsEmpty);
  const entries = await Promise.all(
    names.filter(isEntryName).map((key) => describe(cache, { kind, key })),
  );
  return entries.filter((entry) => entry !== undefined);
}

async function describe(cache: string, name: CacheEntryName): Promise<CacheEntry | undefined> {
  const folder = entryFolder(cache, name);
  try {
    const stamp = await stat(usedFile(folder)).catch(() => stat(folder));
    return {
      kind: name.kind,
      key: name.key,
      folder,
      manifest: await readManifest(folder, name.kind),
      bytes: await sizeOf(folder),
      used: stamp.mtimeMs,
      leases: countLeases(cache, name),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(
    ['', ...names].map(async (name) => (await lstat(join(folder, name))).blocks * 512),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function absentIsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
