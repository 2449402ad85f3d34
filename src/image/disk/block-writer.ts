import type { FileHandle } from 'node:fs/promises';
import { BLOCK } from './ext/geometry.ts';

const GATHERED = 4 * 2 ** 20;

/** Writes blocks to their places; those that follow each other go together. */
export class BlockWriter {
  readonly #file: FileHandle;
  readonly #gathered = Buffer.allocUnsafe(GATHERED);
  #first = 0;
  #length = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** `bytes` may be used for something else afterwards. */
  async write(block: number, bytes: Buffer): Promise<void> {
    let at = block;
    for (let from = 0; from < bytes.length; ) {
      const follows = this.#first + this.#length / BLOCK === at;
      if (!follows || this.#length === GATHERED) await this.flush();
      if (this.#length === 0) this.#first = at;
      const part = bytes.subarray(from, from + GATHERED - this.#length);
      part.copy(this.#gathered, this.#length);
      this.#length += part.length;
      at += part.length / BLOCK;
      from += part.length;
    }
  }

  async flush(): Promise<void> {
    for (let done = 0; done < this.#length; ) {
      const at = this.#first * BLOCK + done;
      const left = this.#length - done;
      done += (await this.#file.write(this.#gathered, done, left, at)).bytesWritten;
    }
    this.#length = 0;
  }
}
