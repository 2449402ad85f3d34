import { existsSync, type FSWatcher, watch } from 'node:fs';
import { Server } from 'node:net';
import { type DomstartError, toDomstartError } from '../../model/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { closeServer, listenAt } from './listen.ts';

export interface ListeningOptions {
  readonly path: string;
  /** What to do where nobody can listen there. */
  readonly hint: string;
  readonly clock: Clock;
  /** The socket is gone: makes its place ready for another one. May throw. */
  readonly prepare: () => Promise<void>;
  /** It was gone, and clients are served at its place again. */
  readonly onRestored: () => void;
  readonly onProblem: (error: DomstartError) => void;
}

/** A server at its socket; disposing of it closes the server, with its connections. */
export interface Listening extends AsyncDisposable {
  /** Makes the socket again where somebody has removed it. Never rejects. */
  restore(): Promise<void>;
}

/** Whoever removes it may remove more, and may put something in its place. */
const PAUSE_MS = 1000;

/**
 * Listens, and goes on listening when the socket is removed, as whoever cleans /tmp does: without it
 * nobody could reach the daemon, nor stop its jobs. The kernel tells when the file goes, so nothing
 * is looked at by the clock. Throws `host-io`.
 */
export async function listen(server: Server, options: ListeningOptions): Promise<Listening> {
  const { path, clock } = options;
  let watcher: FSWatcher | undefined;
  let door: Server | undefined;
  let restoring: Promise<void> | undefined;
  let forget: (() => void) | undefined;
  let over = false;

  async function open(at: Server): Promise<void> {
    await listenAt(at, options);
    watcher?.close();
    watcher = watched(path, () => {
      if (over || existsSync(path)) return;
      forget ??= clock.after(PAUSE_MS, () => void restore());
    });
  }

  async function openAgain(): Promise<void> {
    forget?.();
    forget = undefined;
    if (over || existsSync(path)) return;
    try {
      await options.prepare();
      // Closing it removes what has its name.
      door?.close();
      // The first one has the connections that are open, and takes those of every other.
      door = new Server({ allowHalfOpen: true }, (socket) => server.emit('connection', socket));
      door.on('error', () => {});
      await open(door);
      options.onRestored();
    } catch (error) {
      options.onProblem(toDomstartError(error, 'host-io'));
    }
  }

  function restore(): Promise<void> {
    restoring ??= openAgain().finally(() => {
      restoring = undefined;
    });
    return restoring;
  }

  await open(server);
  return {
    restore,
    async [Symbol.asyncDispose]() {
      over = true;
      forget?.();
      watcher?.close();
      await restoring;
      await Promise.all([server, door].map((one) => one && closeServer(one)));
    },
  };
}

/** Undefined where the kernel has no more watches; then only `restore` helps. */
function watched(path: string, onNotice: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onNotice).on('error', () => {});
  } catch {
    return undefined;
  }
}
