import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { Launch, SpawnRequest } from './launch.ts';
import { errnoOf, isNoRoom } from './no-room.ts';
import { closeSparePipes } from './output-pipe.ts';
import { folderFault } from './setup-check.ts';
import { setupFault } from './setup-fault.ts';

/** What `spawn` or execve said about a process that was not set up. */
export function launchFault(request: SpawnRequest, launch: Launch, cause: unknown): DomstartError {
  const { process, context } = request;
  const { job } = context;
  const noRoom = roomFault(request, cause);
  if (noRoom !== undefined) return noRoom;
  const errno = errnoOf(cause);
  if (errno === undefined) {
    const { code } = toDomstartError(cause, 'host-io');
    const message = `cannot run ${job.name} ${process}: ${messageOf(cause)}`;
    return new DomstartError(code, message, { cause });
  }
  const program = launch.argv[0] as string;
  const fault = folderFault(job) ?? { setup: { what: 'execute', program }, errno };
  return setupFault({ job, process, ...fault, cause });
}

/**
 * True where it failed for want of descriptors while pipes of ours were spare: those are closed now,
 * and it may be tried again.
 */
export function hasRoomNow(error: unknown): boolean {
  const told = error instanceof DomstartError ? error.cause : undefined;
  return told instanceof Error && isNoRoom(told.cause) && closeSparePipes();
}

/** The same for whatever is done before; undefined where it failed for another reason. */
export function roomFault(
  { process, context: { job } }: SpawnRequest,
  cause: unknown,
): DomstartError | undefined {
  const errno = errnoOf(cause);
  if (errno === undefined || !isNoRoom(cause)) return undefined;
  return setupFault({ job, process, setup: { what: 'fork' }, errno, cause });
}
