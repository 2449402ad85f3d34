import { existsSync, lstatSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { DomstartError, messageOf } from '../../model/errors.ts';
import { holderOf, takeFile } from '../../system/exclusive-file.ts';
import { preparePrivateFolder } from '../../system/private-folder.ts';
import { LONGEST_PATH } from './listen.ts';
import { type Listening, type ListeningOptions, listen } from './listening.ts';

/** The place of a control socket, taken by this process; what a dead daemon left there is gone. */
export interface ControlSocket extends Disposable {
  readonly path: string;
  /** Throws `host-io`. */
  listen(server: Server, options: ListenOptions): Promise<Listening>;
}

type ListenOptions = Pick<ListeningOptions, 'clock' | 'onRestored' | 'onProblem'>;

const ELSEWHERE = 'name another place with --socket or DOMSTART_SOCKET';

/**
 * Takes the place of a control socket. Two daemons that start at once are told apart by a lock
 * beside the socket, which ends with its process, so that a socket is stale exactly where nobody has
 * the lock. Its folder is one of ours that nobody else can write to. Throws `daemon-running` and
 * `host-io`.
 */
export async function takeControlSocket(path: string): Promise<ControlSocket> {
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw cannotMake(path, new Error(`its name is longer than ${LONGEST_PATH} bytes`));
  }
  await prepareFolder(path);
  let lock = takeLock(path);
  try {
    removeSocket(path);
  } catch (error) {
    lock[Symbol.dispose]();
    throw cannotMake(path, error);
  }
  return {
    path,
    listen: (server, options) =>
      listen(server, {
        ...{ path, hint: ELSEWHERE },
        ...options,
        async prepare() {
          await prepareFolder(path);
          if (existsSync(lockOf(path))) return;
          // One that is no file any more keeps nobody away.
          const anew = takeLock(path);
          lock[Symbol.dispose]();
          lock = anew;
        },
      }),
    [Symbol.dispose]() {
      rmSync(path, { force: true });
      lock[Symbol.dispose]();
    },
  };
}

async function prepareFolder(path: string): Promise<void> {
  await preparePrivateFolder(dirname(path), {
    what: 'folder of the control socket',
    hint: ELSEWHERE,
  });
}

function lockOf(path: string): string {
  return `${path}.lock`;
}

function takeLock(path: string): Disposable {
  let lock: Disposable | undefined;
  try {
    lock = takeFile(lockOf(path));
  } catch (error) {
    throw cannotMake(path, error);
  }
  if (lock !== undefined) return lock;
  const holder = holderOf(lockOf(path));
  const who = holder === undefined ? '' : ` (process ${holder})`;
  throw new DomstartError('daemon-running', `another daemon${who} listens at ${path}`, {
    hint: '`domstart version` asks it; --socket gives this one a place of its own',
  });
}

/** Whatever else has that name is somebody's. */
function removeSocket(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) throw new Error('there is something else of that name');
  rmSync(path);
}

function cannotMake(path: string, cause: unknown): DomstartError {
  const message = `cannot make the control socket ${path}: ${messageOf(cause)}`;
  return new DomstartError('host-io', message, { hint: ELSEWHERE, cause });
}
