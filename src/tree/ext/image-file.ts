import { type FileHandle, open } from 'node:fs/promises';
import { DomstartError } from '../../model/errors.ts';
import { hasErrors, treeError } from '../tree-error.ts';

/**
 * An image that is read at places. It is opened by the first read of a use and closed at the end of
 * the last one: whoever has it need not give it back.
 */
export class ImageFile {
  readonly path: string;
  readonly #signal: AbortSignal;
  #handle: Promise<FileHandle> | undefined;
  #users = 0;

  constructor(path: string, signal: AbortSignal) {
    this.path = path;
    this.#signal = signal;
  }

  async use<T>(act: () => Promise<T>): Promise<T> {
    this.#users += 1;
    try {
      return await act();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) await this.#close();
    }
  }

  /** Bytes. */
  size(): Promise<number> {
    return this.#telling(async (handle) => (await handle.stat()).size);
  }

  /** Fills `bytes` with what is at a position. Throws `host-io` where the image ends before. */
  read(bytes: Buffer, position: number): Promise<Buffer> {
    return this.#telling(async (handle) => {
      for (let done = 0; done < bytes.length; ) {
        const left = bytes.length - done;
        const { bytesRead } = await handle.read(bytes, done, left, position + done);
        if (bytesRead === 0) throw hasErrors(this.path, 'it ends too early');
        done += bytesRead;
      }
      return bytes;
    });
  }

  async #telling<T>(act: (handle: FileHandle) => Promise<T>): Promise<T> {
    const { path } = this;
    if (this.#signal.aborted) throw new DomstartError('cancelled', `reading ${path} was stopped`);
    try {
      this.#handle ??= open(path, 'r');
      return await act(await this.#handle);
    } catch (error) {
      throw treeError('read', path, error);
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // One that could not be opened was told of.
    await (await handle?.catch(() => undefined))?.close();
  }
}
