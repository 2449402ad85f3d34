import type { FileHandle } from 'node:fs/promises';
import { addSpans, type Span } from '../disk/content-blocks.ts';
import { BLOCK } from '../disk/ext/geometry.ts';

export interface PiecesRequest {
  readonly from: FileHandle;
  readonly to: FileHandle;
  /** Bytes, whole blocks; behind its end `from` is all zero. */
  readonly begin: number;
  readonly end: number;
  /** What is in `to`: where that is unknown, zero bytes are written if something else is there. */
  readonly target: 'zero' | 'unknown';
  readonly signal: AbortSignal;
  /** Bytes so far. */
  readonly onPiece?: (done: number) => void;
}

const PIECE = 2 ** 20;

/**
 * Copies a disk. Of what is zero in both nothing is written: holes of files stay holes, and a thin volume
 * takes no more of its pool than it needs.
 */
export async function copyPieces(request: PiecesRequest): Promise<void> {
  const { from, to, begin, end, target, signal, onPiece } = request;
  const bytes = Buffer.alloc(PIECE);
  const old = Buffer.alloc(PIECE);
  for (let offset = begin; offset < end; offset += PIECE) {
    signal.throwIfAborted();
    const piece = bytes.subarray(0, Math.min(PIECE, end - offset));
    await readFully(from, piece, offset);
    const spans: Span[] = [];
    addSpans(spans, { first: 0, bytes: piece });
    if (target === 'zero') {
      for (const { logical, count } of spans) {
        const part = piece.subarray(logical * BLOCK, (logical + count) * BLOCK);
        await writeFully(to, part, offset + logical * BLOCK);
      }
    } else if (spans.length > 0 || (await holdsOther(to, old.subarray(0, piece.length), offset))) {
      await writeFully(to, piece, offset);
    }
    onPiece?.(offset + piece.length - begin);
  }
}

const ZERO = Buffer.alloc(PIECE);

async function holdsOther(file: FileHandle, buffer: Buffer, offset: number): Promise<boolean> {
  await readFully(file, buffer, offset);
  return !buffer.equals(ZERO.subarray(0, buffer.length));
}

/** What is behind the end of the file is zero. */
export async function readFully(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) bytes.fill(0, done);
    done = bytesRead === 0 ? bytes.length : done + bytesRead;
  }
}

export async function writeFully(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
  }
}
