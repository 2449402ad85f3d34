/**
 * Items for many readers, kept once for all of them: each has only its place. So one that does not
 * read costs nothing, neither time nor memory; when it reads again, it learns how many it has missed.
 */
export interface Broadcast<T> {
  /** `size`: of the item in memory, about, in bytes. */
  push(item: T, size: number): void;
  /** Nothing comes any more. */
  end(): void;
  /** What is pushed from the first `next` on; ends at the end, or at once when it is aborted. */
  read(signal: AbortSignal): AsyncGenerator<Received<T>, void>;
}

export type Received<T> =
  | { readonly kind: 'item'; readonly item: T }
  /** So many were dropped at this place, because they came faster than they were read. */
  | { readonly kind: 'lost'; readonly count: number };

export interface BroadcastOptions {
  /** In bytes. The oldest of what is more is dropped. */
  readonly limit: number;
}

interface Kept<T> {
  readonly item: T;
  readonly size: number;
}

/** So many places at the front of the list may be empty: taking away one by one is slow. */
const MOST_EMPTY = 1024;

export function createBroadcast<T>({ limit }: BroadcastOptions): Broadcast<T> {
  let kept: (Kept<T> | undefined)[] = [];
  /** Items are numbered in their order; this is the number of the first place of the list. */
  let base = 0;
  /** Of the oldest that is kept. */
  let first = 0;
  let size = 0;
  let ended = false;
  const waiting = new Set<() => void>();

  function dropOldest(): void {
    size -= kept[first - base]?.size ?? 0;
    kept[first - base] = undefined;
    first += 1;
    if (first - base < Math.max(MOST_EMPTY, kept.length / 2)) return;
    kept = kept.slice(first - base);
    base = first;
  }

  function wakeAll(): void {
    for (const wake of waiting) wake();
    waiting.clear();
  }

  async function next(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    waiting.add(wake);
    signal.addEventListener('abort', wake);
    await promise;
    signal.removeEventListener('abort', wake);
    waiting.delete(wake);
  }

  return {
    push(item, itsSize) {
      kept.push({ item, size: itsSize });
      size += itsSize;
      while (size > limit) dropOldest();
      if (waiting.size > 0) wakeAll();
    },
    end() {
      ended = true;
      wakeAll();
    },
    async *read(signal) {
      let at = base + kept.length;
      while (!signal.aborted) {
        if (at < first) {
          yield { kind: 'lost', count: first - at };
          at = first;
          continue;
        }
        const found = kept[at - base];
        if (found === undefined) {
          if (ended) return;
          await next(signal);
          continue;
        }
        at += 1;
        yield { kind: 'item', item: found.item };
      }
    },
  };
}
