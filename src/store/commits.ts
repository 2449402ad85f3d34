import { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Connection } from './connection.ts';
import type { OpenJournalFile } from './open-database.ts';

/** A part of a transaction. It may be called again after it failed, and after it was undone. */
type Write = (journal: OpenJournalFile) => void;

/** Gathers writes to transactions. */
export interface Commits {
  /** Resolves when it is on the disk. All that is asked for in one turn is synced once. */
  soon(write: Write): Promise<void>;
  /** Within a moment, and not synced. Where that fails it is tried again, and told once. */
  later(write: Write): void;
  /** What `later` was given is done now. */
  flush(): void;
  /** Does all of it now. Nothing is tried again after it. */
  close(): void;
}

export interface CommitsOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly onProblem: (error: DomstartError) => void;
  /** So many of `later` were done. */
  readonly onWritten: (count: number) => void;
}

interface Awaited {
  readonly write: Write;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const MOMENT_MS = 100;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 16_000;
/** So many of `later` are kept while the journal cannot be written; then the oldest go. */
const KEPT = 10_000;

export function createCommits({
  connection,
  clock,
  onProblem,
  onWritten,
}: CommitsOptions): Commits {
  let waiting: Write[] = [];
  let awaited: Awaited[] = [];
  let dropped = 0;
  /** Milliseconds until it is tried again; undefined where all is well. */
  let trouble: number | undefined;
  let forgetTimer: (() => void) | undefined;
  let closed = false;

  function arm(ms: number): void {
    forgetTimer ??= clock.after(ms, () => {
      forgetTimer = undefined;
      flushWaiting();
    });
  }

  function write(writes: readonly Write[], synced: boolean): void {
    connection.transact(
      (journal) => {
        for (const one of writes) one(journal);
      },
      { synced },
    );
  }

  function flushWaiting(): void {
    if (waiting.length === 0) return;
    try {
      write(waiting, false);
      done();
    } catch (error) {
      failed(error as DomstartError);
    }
  }

  function done(): void {
    const count = waiting.length;
    waiting = [];
    forgetTimer?.();
    forgetTimer = undefined;
    trouble = undefined;
    if (dropped > 0) onProblem(lossOf(dropped));
    dropped = 0;
    if (count > 0) onWritten(count);
  }

  function failed(error: DomstartError): void {
    if (trouble === undefined) onProblem(error);
    trouble = Math.min(trouble === undefined ? FIRST_WAIT_MS : 2 * trouble, LONGEST_WAIT_MS);
    forgetTimer?.();
    forgetTimer = undefined;
    if (!closed) arm(trouble);
  }

  function flushAwaited(): void {
    const now = awaited;
    awaited = [];
    if (now.length === 0) return;
    const own = now.map((one) => one.write);
    try {
      // What failed before must not fail these as well.
      const along = trouble === undefined ? waiting : [];
      writeWith(along, own);
    } catch (error) {
      for (const { reject } of now) reject(error);
      return;
    }
    for (const { resolve } of now) resolve();
  }

  function writeWith(along: readonly Write[], own: readonly Write[]): void {
    if (along.length === 0) {
      write(own, true);
      return;
    }
    try {
      write([...along, ...own], true);
    } catch (error) {
      write(own, true);
      failed(error as DomstartError);
      return;
    }
    done();
  }

  return {
    soon: (one) =>
      new Promise((resolve, reject) => {
        if (closed) throw new DomstartError('journal-failed', 'the journal is closed');
        if (awaited.length === 0) setImmediate(flushAwaited);
        awaited.push({ write: one, resolve, reject });
      }),
    later(one) {
      if (closed) return;
      waiting.push(one);
      if (waiting.length > KEPT && trouble !== undefined) {
        waiting.shift();
        dropped += 1;
      }
      arm(trouble ?? MOMENT_MS);
    },
    flush: flushWaiting,
    close() {
      closed = true;
      flushAwaited();
      flushWaiting();
      forgetTimer?.();
      if (waiting.length > 0) onProblem(lossOf(dropped + waiting.length));
      waiting = [];
    },
  };
}

function lossOf(count: number): DomstartError {
  const what = count === 1 ? 'record' : 'records';
  return new DomstartError(
    'no-room',
    `${count} ${what} of events and runs never came into the journal`,
    {
      hint: 'jobs went on all the same',
    },
  );
}
