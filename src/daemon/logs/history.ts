import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { rotatedName } from './log-file.ts';

const STEP = 64 * 1024;
const LINE_END = 0x0a;

/** What a log held at one moment. Its files stay readable while they are rotated. */
export interface History {
  readonly size: number;
  /**
   * The last `most` bytes, oldest first; where that is not all, from the beginning of a line. A
   * file that was truncated meanwhile gives less.
   */
  chunks(most: number): AsyncGenerator<Uint8Array, void>;
  close(): Promise<void>;
}

interface Part {
  readonly file: FileHandle;
  readonly size: number;
}

/**
 * Opens a log and as many of the files before it as are needed for that many bytes. A log that does
 * not exist is empty. Rejects with the error of the host.
 */
export async function openHistory(path: string, keep: number, most: number): Promise<History> {
  const parts: Part[] = [];
  const close = async () => {
    await Promise.all(parts.map(({ file }) => file.close()));
  };
  let size = 0;
  try {
    for (let age = 0; age <= keep && size < most; age += 1) {
      const part = await openPart(rotatedName(path, age));
      // The current one may be missing: it was just moved away.
      if (part === undefined && age > 0) break;
      if (part === undefined) continue;
      parts.unshift(part);
      size += part.size;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { size, close, chunks: (limit) => chunksOf(parts, Math.max(0, size - limit)) };
}

async function openPart(path: string): Promise<Part | undefined> {
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = await file.stat();
    if (stat.isFile()) return { file, size: stat.size };
    await file.close();
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function* chunksOf(parts: readonly Part[], skip: number): AsyncGenerator<Uint8Array, void> {
  // From the byte before, so that a line that begins just there is whole.
  let at = Math.max(0, skip - 1);
  let cut = skip > 0;
  for (const { file, size } of parts) {
    while (at < size) {
      const length = Math.min(STEP, size - at);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const bytes = buffer.subarray(0, bytesRead);
      yield cut ? fromLineStart(bytes) : bytes;
      cut = false;
    }
    at = Math.max(0, at - size);
  }
}

/** Without the part of a line that it begins with, or the first byte where it has no line end. */
export function fromLineStart(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(Math.max(0, bytes.indexOf(LINE_END)) + 1);
}
