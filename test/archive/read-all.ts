import { readTar } from '../../src/archive/read-tar.ts';
import type { TarEntry } from '../../src/archive/tar-entry.ts';
import { inChunks } from './raw-tar.ts';

export interface ReadEntry {
  readonly entry: TarEntry;
  readonly content: Buffer;
}

/** All that is in a tar; in portions that fit nothing. */
export async function readAll(tar: string | Buffer, size = 1000): Promise<ReadEntry[]> {
  const found: ReadEntry[] = [];
  const source = typeof tar === 'string' ? tar : inChunks(tar, size);
  for await (const { entry, content } of readTar(source)) {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    found.push({ entry, content: Buffer.concat(parts) });
  }
  return found;
}
