import { createByteQueue } from './byte-queue.ts';

/** What a slow reader may leave waiting, in bytes. */
const PENDING = 256 * 1024;

/** One who reads what is written to a log from now on. */
export interface Follower {
  push(bytes: Uint8Array): void;
  /** Nothing will come any more. */
  end(): void;
  /** To be read once. It ends, without an error, when it is aborted. */
  chunks(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void>;
}

/** Memory is bounded: a reader that falls behind loses the oldest bytes, and one line says how many. */
export function createFollower(): Follower {
  const queue = createByteQueue({
    limit: PENDING,
    lost: (bytes) => `[${bytes} bytes lost: they came faster than they were read]`,
  });
  let ended = false;
  let wake = () => {};

  return {
    push(bytes) {
      queue.push(bytes);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    async *chunks(signal) {
      const onAbort = () => wake();
      signal?.addEventListener('abort', onAbort);
      try {
        while (signal?.aborted !== true) {
          const bytes = queue.take();
          if (bytes !== undefined) {
            queue.settle(bytes.length);
            yield bytes;
            continue;
          }
          if (ended) return;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
  };
}
