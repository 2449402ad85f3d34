import { type DomstartError, toDomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import { createFolderWatch, type FolderWatch } from './folder-watch.ts';
import type { Notice } from './notifier.ts';
import { defaultTiming, type WatchTiming } from './timing.ts';
import { codeOf, isLimit, watchError } from './watch-error.ts';

export interface FolderWatcher extends AsyncDisposable {
  /** Watches exactly these from now on, without their sub-folders. */
  setFolders(folders: Iterable<string>): void;
  /** Asks for a hint about one of them. */
  look(folder: string): void;
}

export interface WatchFoldersOptions {
  readonly clock: Clock;
  /**
   * Something in this folder may have changed: look. Comes first when a folder is added, then after
   * changes, after the folder itself came, went or was replaced, and now and then without reason.
   * There is at most one hint of a folder at a time: the next one waits until this one resolves.
   */
  onHint(folder: string): void | Promise<void>;
  /** Whether a notice of the kernel is worth a hint; every one is where this is absent. */
  concerns?(notice: Notice): boolean;
  /** A folder cannot be watched, or a hint failed. The limits of inotify are told once. */
  onProblem(error: DomstartError): void;
  readonly timing?: Partial<WatchTiming>;
}

/**
 * Tells when to look at folders. A hint is a reason to look and never the truth: the kernel's queue
 * overflows, folders come and go. Nothing is lost by who reads the folder at each hint and compares
 * it with what was there before.
 *
 * Names of folders are absolute, without a slash at the end; they need not exist.
 */
export function watchFolders(options: WatchFoldersOptions): FolderWatcher {
  const { clock, onProblem } = options;
  const timing = { ...defaultTiming, ...options.timing };
  const watches = new Map<string, FolderWatch>();
  const closing = new Set<Promise<void>>();
  const told = new Set<string>();
  let disposed = false;

  function tellUnwatched(folder: string, error: unknown): void {
    const about = isLimit(error) ? String(codeOf(error)) : `${codeOf(error)} ${folder}`;
    if (told.has(about)) return;
    told.add(about);
    onProblem(watchError(folder, error, timing.unwatchedRescan / 1000));
  }

  function open(folder: string): FolderWatch {
    return createFolderWatch({
      folder,
      clock,
      timing,
      onHint: () => options.onHint(folder),
      concerns: (notice) => options.concerns?.(notice) ?? true,
      onUnwatched: tellUnwatched,
      onFailed: (error) => onProblem(toDomstartError(error)),
    });
  }

  function release(folder: string, watch: FolderWatch): void {
    watches.delete(folder);
    const closed = watch.close().finally(() => closing.delete(closed));
    closing.add(closed);
  }

  return {
    setFolders(folders) {
      if (disposed) return;
      const wanted = new Set(folders);
      for (const [folder, watch] of watches) if (!wanted.has(folder)) release(folder, watch);
      for (const folder of wanted) {
        if (!watches.has(folder)) watches.set(folder, open(folder));
      }
    },

    look: (folder) => watches.get(folder)?.look(),

    async [Symbol.asyncDispose]() {
      disposed = true;
      for (const [folder, watch] of watches) release(folder, watch);
      await Promise.all(closing);
    },
  };
}
