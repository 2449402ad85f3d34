import { readFile } from 'node:fs/promises';
import { type CacheKind, manifestFile, type StoredManifest } from './kinds.ts';

/** What the manifest says; undefined where there is none, or what is there is none. */
export async function readManifest<T>(
  folder: string,
  kind: CacheKind,
): Promise<(StoredManifest & T) | undefined> {
  try {
    return JSON.parse(await readFile(manifestFile(folder, kind), 'utf8'));
  } catch {
    return undefined;
  }
}
