import { DomstartError, messageOf } from '../../model/errors.ts';
import type { Follower } from './follower.ts';
import { fromLineStart, type History, openHistory } from './history.ts';
import type { Log } from './log.ts';
import { untilAborted } from './until-aborted.ts';

export interface LogReading {
  readonly log: Log;
  /** Absent where there are no files. */
  readonly path: string | undefined;
  readonly keep: number;
  /** In bytes, how much of what is there already. */
  readonly last: number;
  /** Joins the log, and is read when all that was there before has been. */
  readonly follower: Follower | undefined;
  readonly signal: AbortSignal | undefined;
  /** The log is not needed any more. */
  readonly onLeft: () => void;
}

interface Snapshot {
  readonly history: History | undefined;
  /** What waits to be written. */
  readonly queued: readonly Uint8Array[];
}

/** What the log holds now, then what the follower gets. Ends when it is aborted. */
export async function* readLog(reading: LogReading): AsyncGenerator<Uint8Array, void> {
  const { log, path, keep, last, follower, signal, onLeft } = reading;
  // Nothing is written between the look at the files and that at the queue, and nothing can come
  // between that and the follower.
  const opening = log.alone<Snapshot>(async () => {
    const history = path === undefined ? undefined : await openHistory(path, keep, last);
    if (follower !== undefined) log.followers.add(follower);
    return { history, queued: log.queue.peek() };
  });
  // Also where it was aborted meanwhile.
  const leave = async () => {
    const snapshot = await opening.catch(() => undefined);
    if (follower !== undefined) log.followers.delete(follower);
    onLeft();
    await snapshot?.history?.close();
  };
  try {
    const snapshot = await untilAborted(signal, opening);
    if (snapshot === undefined) return;
    for await (const bytes of lastOf(snapshot, last)) {
      if (signal?.aborted === true) return;
      if (bytes.length > 0) yield bytes;
    }
    await snapshot.history?.close();
    if (follower !== undefined) yield* follower.chunks(signal);
  } catch (cause) {
    const message = `cannot read the log ${path}: ${messageOf(cause)}`;
    throw new DomstartError('host-io', message, { cause });
  } finally {
    await untilAborted(signal, leave());
  }
}

async function* lastOf({ history, queued }: Snapshot, last: number) {
  const waiting = queued.reduce((sum, { length }) => sum + length, 0);
  if (history !== undefined && waiting < last) yield* history.chunks(last - waiting);
  // As in history: from the byte before.
  let skip = Math.max(0, waiting - last - 1);
  let cut = waiting > last;
  for (const bytes of queued) {
    const wanted = bytes.subarray(skip);
    skip = Math.max(0, skip - bytes.length);
    yield cut && wanted.length > 0 ? fromLineStart(wanted) : wanted;
    if (wanted.length > 0) cut = false;
  }
}
