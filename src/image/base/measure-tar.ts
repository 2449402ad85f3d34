import { readTar } from '../../archive/read-tar.ts';

export interface TarMeasure {
  /** Of all files. */
  readonly contentBytes: number;
  readonly entries: number;
  /** The latest time of an entry, in seconds since 1970. */
  readonly newest: number;
}

/**
 * Reads a tar from its beginning to its end. Throws `archive-invalid` where it is damaged; `name` is
 * what it is called there, by default what it is.
 */
export async function measureTar(
  tar: string,
  { signal, name = tar }: { readonly signal: AbortSignal; readonly name?: string },
): Promise<TarMeasure> {
  let [contentBytes, entries, newest] = [0, 0, 0];
  for await (const { entry } of readTar(tar, { signal, name })) {
    contentBytes += entry.size;
    entries += 1;
    newest = Math.max(newest, entry.mtime);
  }
  return { contentBytes, entries, newest };
}
