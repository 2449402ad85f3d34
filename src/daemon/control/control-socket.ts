import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { DomstartError, messageOf } from '../../model/errors.ts';
import { takeFile } from '../../system/exclusive-file.ts';

/** The place of a control socket, taken by this process; what a dead daemon left there is gone. */
export interface ControlSocket extends Disposable {
  readonly path: string;
  /** Throws `host-io`. */
  listen(server: Server): Promise<void>;
}

/**
 * Takes the place of a control socket. Two daemons that start at once are told apart by a lock
 * beside the socket, which ends with its process, so that a socket is stale exactly where nobody has
 * the lock. Throws `daemon-running` and `host-io`.
 */
export function takeControlSocket(path: string): ControlSocket {
  const lock = takeLock(path);
  rmSync(path, { force: true });
  return {
    path,
    listen: (server) => listenAt(server, path),
    [Symbol.dispose]() {
      rmSync(path, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

function takeLock(path: string): Disposable {
  let lock: Disposable | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    lock = takeFile(`${path}.lock`);
  } catch (error) {
    const message = `cannot make the control socket ${path}: ${messageOf(error)}`;
    throw new DomstartError('host-io', message, {
      hint: 'name another place with --socket or DOMSTART_SOCKET',
      cause: error,
    });
  }
  if (lock !== undefined) return lock;
  throw new DomstartError('daemon-running', `another daemon listens at ${path}`, {
    hint: '`domstart version` asks it; --socket gives this one a place of its own',
  });
}

/** Nobody but its owner may use it, from its first moment on. */
function listenAt(server: Server, path: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => {
    const message = `cannot listen at ${path}: ${messageOf(error)}`;
    reject(new DomstartError('host-io', message, { cause: error }));
  });
  const before = process.umask(0o177);
  try {
    server.listen(path, resolve);
  } finally {
    process.umask(before);
  }
  return promise.then(() => chmodSync(path, 0o600));
}
