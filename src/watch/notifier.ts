import { basename } from 'node:path';
import { FSWatcher } from 'chokidar';

/** What the kernel told about a watched folder. */
export interface Notice {
  readonly folder: string;
  /** The entry; absent where the kernel does not say which. */
  readonly name?: string;
  /** `entry`: a name came or went. `content`: what it names was written to or its rights changed. */
  readonly change: 'entry' | 'content';
}

export interface Notifier {
  close(): Promise<void>;
}

export interface NotifierOptions {
  /** An existing folder; its sub-folders are not watched. */
  readonly folder: string;
  onNotice(notice: Notice): void;
  /** The folder itself may have gone, been moved or replaced; the notifier may be deaf now. */
  onLost(): void;
}

/**
 * The kernel's notices about the entries of one folder, by way of chokidar. What chokidar makes of
 * them (add, change, unlink) is left aside: every entry is ignored, so that it neither reads the
 * folder again for each notice nor holds a record of each file, and its raw notices are taken.
 * Resolves once the folder is watched; rejects with the system's error where it cannot be.
 */
export async function openNotifier({
  folder,
  onNotice,
  onLost,
}: NotifierOptions): Promise<Notifier> {
  const watcher = new FSWatcher({
    backend: 'native',
    depth: 0,
    ignored: (path) => path !== folder,
    ignoreInitial: true,
    atomic: false,
  });
  const own = basename(folder);
  let fail: (error: unknown) => void = onLost;
  watcher.on('error', (error) => fail(error));
  watcher.on('raw', (event, name, details) => {
    // chokidar watches a parent where it waits for a folder to come back.
    if ((details as { watchedPath?: string }).watchedPath !== folder) return;
    const change = event === 'change' ? 'content' : 'entry';
    // inotify tells a folder's own end under the folder's own name.
    if (change === 'entry' && name === own) onLost();
    onNotice({ folder, change, ...(typeof name === 'string' ? { name } : {}) });
  });
  try {
    await new Promise<void>((resolve, reject) => {
      fail = reject;
      watcher.once('ready', resolve);
      watcher.add(folder);
    });
  } catch (error) {
    await watcher.close();
    throw error;
  }
  fail = onLost;
  return { close: () => watcher.close() };
}
