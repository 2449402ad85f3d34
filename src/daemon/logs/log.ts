import { type ByteQueue, createByteQueue } from './byte-queue.ts';
import type { Follower } from './follower.ts';

/**
 * What is in memory of one log file while there is something to do with it: bytes that wait to be
 * written, or somebody who reads. Instances whose names give the same file share it.
 */
export interface Log {
  readonly name: string;
  readonly queue: ByteQueue;
  readonly followers: Set<Follower>;
  /** All bytes that were ever given to the queue, those that were dropped included. */
  given: number;
  /** Writing failed: it waits for the next attempt. */
  waits: boolean;
  /** It is being written at this moment. */
  writing: boolean;
  /** Those who wait for it to be written, or at least tried. */
  readonly attempts: Set<Attempt>;
  /** Runs one piece of work after the other: whoever reads sees no half-written state. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** How many run or wait in `alone`. */
  users: number;
}

export interface Attempt {
  /** The number of bytes given when it began. */
  readonly upTo: number;
  /** The log is being written since. */
  tried: boolean;
  readonly settle: () => void;
}

export function createLog(name: string, limit: number): Log {
  let last: Promise<unknown> = Promise.resolve();
  const log: Log = {
    name,
    queue: createByteQueue({
      limit,
      lost: (bytes) => `[${bytes} bytes lost: the log could not be written]`,
    }),
    followers: new Set(),
    given: 0,
    waits: false,
    writing: false,
    attempts: new Set(),
    users: 0,
    alone(work) {
      log.users += 1;
      const result = last.then(work).finally(() => {
        log.users -= 1;
      });
      last = result.catch(() => {});
      return result;
    },
  };
  return log;
}

/** Nobody needs it: all is written, and nobody reads. */
export function isIdle(log: Log): boolean {
  return !log.queue.pending && log.followers.size === 0 && log.users === 0 && !log.writing;
}
