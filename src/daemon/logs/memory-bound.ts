import type { ByteQueue } from './byte-queue.ts';

export interface MemoryBoundOptions {
  /** In bytes, of all queues together. */
  readonly limit: number;
  readonly queues: () => Iterable<ByteQueue>;
}

/** Bounds what many queues hold together. */
export interface MemoryBound {
  /** That many bytes were pushed to one of the queues. */
  grew(bytes: number): void;
}

/**
 * The queues are added up only when enough was pushed to reach the limit. Where they are near it,
 * the large ones are cut until together they hold half, so that this is seldom, and one job that
 * writes without end costs the others nothing.
 */
export function createMemoryBound({ limit, queues }: MemoryBoundOptions): MemoryBound {
  let atMost = 0;
  return {
    grew(bytes) {
      atMost += bytes;
      if (atMost <= limit) return;
      const full = [...queues()].filter(({ size }) => size > 0);
      atMost = sum(full);
      if (atMost <= (limit / 8) * 7) return;
      cutLargest(full, limit / 2);
      atMost = sum(full);
    },
  };
}

function sum(queues: readonly ByteQueue[]): number {
  return queues.reduce((total, { size }) => total + size, 0);
}

/** Cuts all to one size, such that together they hold `goal` at most: the small ones stay whole. */
function cutLargest(queues: readonly ByteQueue[], goal: number): void {
  const sizes = queues.map(({ size }) => size).sort((a, b) => a - b);
  let left = goal;
  let share = 0;
  for (const [index, size] of sizes.entries()) {
    share = Math.floor(left / (sizes.length - index));
    if (size > share) break;
    left -= size;
  }
  for (const queue of queues) queue.trim(share);
}
