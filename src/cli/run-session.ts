import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LONGEST_PATH } from '../daemon/control/listen.ts';
import { sessionOfPath } from '../daemon/control/socket-path.ts';
import { keepProcessList } from '../daemon/process-list.ts';
import { serveRun } from '../daemon/serve-run.ts';
import { prepareRunDir } from '../domain/domain-process.ts';
import { createRunFolder, RUN_PROCESSES } from '../domain/run-folder.ts';
import type { Engine, EngineSession } from '../embed/engine.ts';
import { runFolder } from '../host/paths.ts';
import { toDomstartError } from '../model/errors.ts';
import type { ForkRecord } from '../process/fork-record.ts';
import { systemClock } from '../process/system-clock.ts';
import { say } from './output.ts';
import { VERSION } from './version.ts';

/** Where the `initctl` of a run's jobs reaches the run, and where their processes are noted. */
export interface RunSession extends EngineSession, AsyncDisposable {
  /** Answers from now on, until the session is disposed of: after the engine is closed. */
  serve(engine: Engine): Promise<void>;
}

/**
 * A control socket and the list of what runs, in a private folder, which every way out but SIGKILL
 * removes. After that the next start does, and ends what the list names. Where it cannot be made that is told, and the address is one where nobody answers:
 * what is only tried out must never reach the daemon of this host.
 */
export async function openSession(): Promise<RunSession> {
  await using stack = new AsyncDisposableStack();
  const runs = roomyFolder();
  const folder = await takeFolder(runs).catch(tellUnreachable);
  if (folder !== undefined) stack.use(folder);
  const socket = join(folder?.path ?? join(runs, SESSION), CONTROL_SOCKET);
  const parts = stack.move();
  return {
    address: sessionOfPath(socket),
    ...(folder && { forks: folder.forks }),
    async serve(engine) {
      if (folder === undefined) return;
      const served = await serveRun({ engine, path: socket, version: VERSION }).catch(
        tellUnreachable,
      );
      if (served !== undefined) parts.use(served);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** What its folder is called first, and the socket in it. */
export const SESSION = 'run';
export const CONTROL_SOCKET = 'control';

/** At most, of the folder's own name and that of the socket in it. */
const NAMES_BYTES = 64;

/** The usual place, or the default one where a socket in it would have a name that is too long. */
function roomyFolder(): string {
  const own = runFolder();
  return Buffer.byteLength(own) + NAMES_BYTES <= LONGEST_PATH ? own : runFolder({});
}

interface PrivateFolder extends Disposable {
  readonly path: string;
  readonly forks: ForkRecord;
}

async function takeFolder(runs: string): Promise<PrivateFolder> {
  await prepareRunDir(runs, systemClock);
  const { path } = await createRunFolder({ runDir: runs, job: SESSION, instance: '' });
  const remove = () => rmSync(path, { recursive: true, force: true });
  // For ways out that wait for nothing: an error that nobody has caught.
  process.on('exit', remove);
  const forks = keepProcessList(join(path, RUN_PROCESSES), {
    marks: true,
    hint: 'make room, or set DOMSTART_RUN to a folder on another disk',
  });
  return {
    ...{ path, forks },
    [Symbol.dispose]() {
      forks[Symbol.dispose]();
      remove();
      process.off('exit', remove);
    },
  };
}

function tellUnreachable(error: unknown): undefined {
  const { message, hint } = toDomstartError(error);
  say(`domstart: initctl in these jobs reaches nobody: ${message}`);
  if (hint !== undefined) say(`  hint: ${hint}`);
}
