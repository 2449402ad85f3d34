import { constants } from 'node:os';

const NO_ROOM: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** The host has no process, descriptor or memory left. */
export function isNoRoom(error: unknown): boolean {
  return NO_ROOM.has(errnoOf(error) ?? '');
}

/** `ENOENT` …, of what the system said. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code !== undefined && code in constants.errno ? code : undefined;
}
