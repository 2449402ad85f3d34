import type { Announcements, AnnouncementType } from '../engine/announcements.ts';

/** What is told, with its type: for those who take several. */
export type Announcement<Type extends AnnouncementType = AnnouncementType> = {
  readonly [One in Type]: { readonly type: One; readonly told: Announcements[One] };
}[Type];

export interface FeedOptions {
  /** Aborting it ends the feed at once; what was not read yet is dropped. */
  readonly signal?: AbortSignal;
  /** So many announcements wait for a reader that is slow; then the oldest are dropped. Default 10,000. */
  readonly keep?: number;
}

/**
 * What is told from the call that made it on, for one `for await`. It ends when the engine is
 * closed (what is told until then is still given) or its signal is aborted; leaving the loop ends
 * it too. A feed that nobody reads keeps `keep` announcements until then.
 */
export interface AnnouncementFeed<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** How many were dropped so far because they were not read in time: always the oldest. */
  readonly lost: number;
  next(): Promise<IteratorResult<T, undefined>>;
  return(): Promise<IteratorResult<T, undefined>>;
  [Symbol.asyncIterator](): this;
}

/** A feed, seen from who fills it. */
interface FeedSink<T> {
  push(told: T): void;
  /** Nothing more comes. */
  end(): void;
}

/** Begins to fill the feed; what it gives is called once, when nobody reads it any more. */
type FillFeed<T> = (sink: FeedSink<T>) => () => void;

const KEPT = 10_000;

export function createFeed<T>(
  { signal, keep = KEPT }: FeedOptions,
  fill: FillFeed<T>,
): AnnouncementFeed<T> {
  const pending: T[] = [];
  const wanted: ((result: IteratorResult<T, undefined>) => void)[] = [];
  const done = { done: true, value: undefined } as const;
  // Where the oldest stands: taking from the front of a long array one by one is slow.
  let first = 0;
  let lost = 0;
  let ended = signal?.aborted === true;
  let leaveOff = () => {};

  function end(): void {
    if (ended) return;
    ended = true;
    signal?.removeEventListener('abort', leave);
    for (const resolve of wanted.splice(0)) resolve(done);
    leaveOff();
  }

  function leave(): void {
    pending.length = 0;
    first = 0;
    end();
  }

  function forget(): void {
    first += 1;
    if (first < 1024 || first * 2 < pending.length) return;
    pending.splice(0, first);
    first = 0;
  }

  function push(told: T): void {
    if (ended) return;
    const resolve = wanted.shift();
    if (resolve !== undefined) {
      resolve({ done: false, value: told });
      return;
    }
    pending.push(told);
    if (pending.length - first <= keep) return;
    lost += 1;
    forget();
  }

  const feed: AnnouncementFeed<T> = {
    get lost() {
      return lost;
    },
    async next() {
      if (first < pending.length) {
        const value = pending[first] as T;
        forget();
        return { done: false, value };
      }
      if (ended) return done;
      return new Promise((resolve) => wanted.push(resolve));
    },
    async return() {
      leave();
      return done;
    },
    [Symbol.asyncIterator]: () => feed,
    async [Symbol.asyncDispose]() {
      leave();
    },
  };

  if (ended) return feed;
  signal?.addEventListener('abort', leave, { once: true });
  leaveOff = fill({ push, end });
  return feed;
}
