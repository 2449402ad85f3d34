import type { Clock } from '../ports/clock.ts';
import { type ExistingFolder, nearestFolder, nextName } from './nearest-folder.ts';
import { type Notice, type Notifier, openNotifier } from './notifier.ts';
import type { WatchTiming } from './timing.ts';

export interface FolderWatch {
  /** Asks for a hint, as if the kernel had told something. */
  look(): void;
  /** Resolves when nothing of it is left, and a hint in the making has ended. */
  close(): Promise<void>;
}

export interface FolderWatchOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly timing: WatchTiming;
  /** The next hint waits until it resolves. */
  onHint(): void | Promise<void>;
  /** Whether a notice is worth a hint; called for each one at once. */
  concerns(notice: Notice): boolean;
  /** The kernel cannot tell about this folder, which is looked at by the clock alone. */
  onUnwatched(folder: string, error: unknown): void;
  onFailed(error: unknown): void;
}

/** A folder that comes and goes faster than it can be watched is left to the next look. */
const MOST_TRIES = 5;

/** Milliseconds. */
const MOST_REST = 1_000;

/**
 * Watches one folder, whether or not it exists. What the kernel watches is the folder itself, or
 * the nearest existing one above it; that choice (`place`) is made anew before every hint, by the
 * identity of the folder that is there now. So it does not matter which notices were lost: the
 * first that comes through, or the rescan, puts the watch right.
 *
 * One thing happens at a time: idle → (notice) → waiting → (clock) → placing and hinting → idle. A
 * notice that comes meanwhile leads to one hint more.
 */
export function createFolderWatch(options: FolderWatchOptions): FolderWatch {
  const { folder, clock, timing } = options;
  let watched: (ExistingFolder & { readonly notifier: Notifier }) | undefined;
  /** The watch may be deaf although the folder looks the same. */
  let lost = false;
  let closed = false;
  let running: Promise<void> | undefined;
  let again = false;
  let took = 0;
  let ended = Number.NEGATIVE_INFINITY;
  let cancelLook: (() => void) | undefined;
  let cancelRescan: (() => void) | undefined;

  function onNotice(notice: Notice): void {
    if (closed) return;
    const { folder: from, name } = notice;
    const wanted =
      from === folder
        ? options.concerns(notice)
        : name === undefined || name === nextName(from, folder);
    if (wanted) look();
  }

  function onLost(): void {
    lost = true;
    look();
  }

  function look(): void {
    if (closed) return;
    if (running !== undefined) again = true;
    // Where a look takes long, the next one leaves as much time to others.
    const rest = ended + Math.min(took, MOST_REST) - clock.now();
    if (running === undefined) cancelLook ??= clock.after(Math.max(timing.debounce, rest), start);
  }

  function start(): void {
    cancelLook = undefined;
    cancelRescan?.();
    again = false;
    running = run().finally(() => {
      running = undefined;
      if (closed) return;
      const pause = watched === undefined ? timing.unwatchedRescan : timing.rescan;
      cancelRescan = clock.after(Math.max(pause, took * 50), look);
      if (again) look();
    });
  }

  async function run(): Promise<void> {
    const started = clock.now();
    try {
      await place();
      if (!closed) await options.onHint();
    } catch (error) {
      options.onFailed(error);
    }
    ended = clock.now();
    took = ended - started;
  }

  async function place(): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES && !closed; tries += 1) {
      const found = await nearestFolder(folder);
      const same = watched?.path === found.path && watched.identity === found.identity;
      if (same && !lost) return;
      lost = false;
      await release();
      try {
        const notifier = await openNotifier({ folder: found.path, onNotice, onLost });
        watched = { ...found, notifier };
      } catch (error) {
        options.onUnwatched(found.path, error);
        return;
      }
    }
    again = true;
  }

  async function release(): Promise<void> {
    const { notifier } = watched ?? {};
    watched = undefined;
    await notifier?.close();
  }

  look();
  return {
    look,
    async close() {
      closed = true;
      cancelLook?.();
      cancelRescan?.();
      await running;
      await release();
    },
  };
}
