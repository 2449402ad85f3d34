import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { DomstartError } from '../model/errors.ts';
import type { FileTree } from './file-tree.ts';

/**
 * Takes a tree for this process alone. The kernel gives it back when the process is gone, however
 * it went: the lock is an abstract socket, which is in no file system. Throws `host-io` where another
 * one has it.
 */
export async function lockTree({ root }: Pick<FileTree, 'root'>): Promise<AsyncDisposable> {
  const { dev, ino } = await stat(root);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(`\0domstart-guest:${dev}:${ino}`, resolve);
  }).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new DomstartError('host-io', `another domstart is at work in ${root}`, {
      hint: 'wait until it is done',
      cause: error,
    });
  });
  return {
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
