import { type FileHandle, open } from 'node:fs/promises';
import { DomstartError, messageOf } from '../model/errors.ts';

const EMPTY = Buffer.alloc(0);
const CHUNK = 256 * 1024;

/** Takes bytes in portions of any size from what comes in chunks of any size. */
export class ByteSource {
  /** How many bytes were taken. */
  offset = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #signal: AbortSignal | undefined;
  #rest: Buffer = EMPTY;
  #waits = false;

  constructor(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#signal = signal;
  }

  /** At least one byte and at most `limit`; none only where the end is. */
  async some(limit: number): Promise<Buffer> {
    if (this.#rest.length === 0) this.#rest = await this.#next();
    const taken = this.#rest.subarray(0, limit);
    this.#rest = this.#rest.subarray(taken.length);
    this.offset += taken.length;
    return taken;
  }

  /** As many bytes as asked for; fewer only where the end is. */
  async exactly(length: number): Promise<Buffer> {
    const first = await this.some(length);
    if (first.length === length || first.length === 0) return first;
    const parts = [first];
    for (let left = length - first.length; left > 0; ) {
      const part = await this.some(left);
      if (part.length === 0) break;
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async close(): Promise<void> {
    const closed = this.#chunks.return?.();
    // What never gave its next chunk never ends either.
    if (this.#waits) closed?.catch(() => {});
    else await closed;
  }

  async #next(): Promise<Buffer> {
    for (;;) {
      this.#waits = true;
      const { value, done } = await orAbort(this.#chunks.next(), this.#signal);
      this.#waits = false;
      if (done === true) return EMPTY;
      if (value.length > 0) return Buffer.from(value.buffer, value.byteOffset, value.length);
    }
  }
}

/** The bytes of a file from its beginning. Throws `file-missing` or `host-io`. */
export async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  const file = await open(path).catch((error) => {
    throw new DomstartError('file-missing', `cannot read ${path}: ${messageOf(error)}`, {
      hint: 'name a tar that the user who runs Domstart may read',
      cause: error,
    });
  });
  try {
    for (;;) {
      const chunk = await readChunk(file, path);
      if (chunk.length === 0) return;
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

async function readChunk(file: FileHandle, path: string): Promise<Buffer> {
  // What was handed out may still be looked at, so every chunk has a buffer of its own.
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  try {
    const { bytesRead } = await file.read(buffer, 0, CHUNK);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code === 'EISDIR' ? 'file-missing' : 'host-io';
    throw new DomstartError(code, `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  let stop = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(cancelled());
    signal.addEventListener('abort', stop, { once: true });
  });
  promise.catch(() => {});
  try {
    if (signal.aborted) throw cancelled();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function cancelled(): DomstartError {
  return new DomstartError('cancelled', 'reading the tar was given up');
}
