import { chmodSync } from 'node:fs';
import type { Server } from 'node:net';
import { DomstartError, messageOf } from '../../model/errors.ts';

/**
 * Nobody but its owner may use the socket, from its first moment on. Throws `host-io`; `hint` says
 * what to do then.
 */
export function listenAt(
  server: Server,
  { path, hint }: { readonly path: string; readonly hint: string },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (error) => {
    const message = `cannot listen at ${path}: ${messageOf(error)}`;
    reject(new DomstartError('host-io', message, { hint, cause: error }));
  });
  const before = process.umask(0o177);
  try {
    server.listen(path, resolve);
  } finally {
    process.umask(before);
  }
  return promise.then(() => chmodSync(path, 0o600));
}

/** Resolves when its connections are closed, too. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** What the kernel takes as the name of a socket, in bytes; of a longer one Node takes the beginning. */
export const LONGEST_PATH = 107;
