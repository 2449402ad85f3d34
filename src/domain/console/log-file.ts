import { type FileHandle, open } from 'node:fs/promises';
import { createLineRing, sizeOf } from './ring.ts';

export interface ConsoleLog {
  write(line: string): void;
  /** Writes what is still to write and closes. Idempotent; never rejects. */
  close(): Promise<void>;
}

/**
 * A console on disk in about `limit` bytes: the first half of them as they come, then the end,
 * kept in memory until `close`, with a line between them that says how much is missing. A disk
 * that fails ends the log, not the run: `onError` hears of it once.
 */
export function createConsoleLog(options: {
  readonly file: string;
  readonly limit: number;
  readonly onError: (error: unknown) => void;
}): ConsoleLog {
  const half = Math.floor(options.limit / 2);
  const tail = createLineRing(half);
  let headBytes = 0;
  let headFull = false;
  let waiting = '';
  let failed = false;
  let handle: FileHandle | undefined;
  let writing: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function drain(): Promise<void> {
    try {
      handle ??= await open(options.file, 'a', 0o600);
      while (waiting !== '') {
        const text = waiting;
        waiting = '';
        await handle.appendFile(text);
      }
    } catch (error) {
      failed = true;
      waiting = '';
      options.onError(error);
    } finally {
      writing = undefined;
    }
  }

  function append(text: string): void {
    if (failed || text === '') return;
    waiting += text;
    writing ??= drain();
  }

  async function finish(): Promise<void> {
    const { lines, bytes } = tail.dropped;
    if (lines > 0) append(`[… ${bytes} bytes, ${lines} lines dropped …]\n`);
    append(
      tail
        .last()
        .map((line) => `${line}\n`)
        .join(''),
    );
    await writing;
    await handle?.close().catch(options.onError);
  }

  return {
    write(line) {
      headFull ||= headBytes + sizeOf(line) > half;
      if (headFull) {
        tail.push(line);
        return;
      }
      headBytes += sizeOf(line);
      append(`${line}\n`);
    },
    close() {
      closing ??= finish();
      return closing;
    },
  };
}
