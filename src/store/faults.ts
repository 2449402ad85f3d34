import { DomstartError, messageOf } from '../model/errors.ts';

/** Why something could not be done with a journal. */
export type Fault =
  /** Its content is no journal's: it cannot be used any more. */
  | { readonly kind: 'damaged'; readonly why: string }
  /** `no-room` or `journal-failed`: it may be otherwise later. */
  | { readonly kind: 'failed'; readonly error: DomstartError };

/** A journal is no whole one, as a look at it has shown. */
export class Damage extends Error {}

const CODES = { perm: 3, busy: 5, locked: 6, readOnly: 8, corrupt: 11, full: 13, notADatabase: 26 };

/** SQLite's extended codes: a page cannot be read, or is cut off; there was no room for the `-shm`. */
const IO = { read: 266, shortRead: 522, shmSize: 4874, corruptFileSystem: 8458 };

const DAMAGED: readonly (number | undefined)[] = [IO.read, IO.shortRead, IO.corruptFileSystem];

export function faultOf(error: unknown, file: string): Fault {
  if (error instanceof Damage) return { kind: 'damaged', why: error.message };
  if (error instanceof DomstartError) return { kind: 'failed', error };
  const { code, errcode } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const plain = errcode === undefined ? undefined : errcode & 0xff;
  if (plain === CODES.corrupt || plain === CODES.notADatabase || DAMAGED.includes(errcode)) {
    return { kind: 'damaged', why: messageOf(error) };
  }
  const isFull = plain === CODES.full || errcode === IO.shmSize;
  if (isFull || code === 'ENOSPC' || code === 'EDQUOT') {
    const hint = 'free some space there, or name a folder on another disk with --state';
    return {
      kind: 'failed',
      error: new DomstartError('no-room', `no room for the journal ${file}`, {
        hint,
        cause: error,
      }),
    };
  }
  return {
    kind: 'failed',
    error: new DomstartError(
      'journal-failed',
      `cannot use the journal ${file}: ${messageOf(error)}`,
      { hint: hintOf(code, plain), cause: error },
    ),
  };
}

function hintOf(code: string | undefined, plain: number | undefined): string {
  switch (plain) {
    case CODES.busy:
    case CODES.locked:
      return 'another process has held it for long; `fuser` names those that have it open';
    case CODES.perm:
    case CODES.readOnly:
      return 'make it and its folder writable, or name another folder with --state';
    default:
      return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
        ? 'make it and its folder writable, or name another folder with --state'
        : 'name another folder with --state';
  }
}
