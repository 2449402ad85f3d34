import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError, messageOf } from '../../model/errors.ts';

/** Why a log could not be written. */
export interface LogFailure {
  /** The same for all logs that fail for the same reason: the disk, the folder, or one file. */
  readonly key: string;
  readonly error: DomstartError;
}

/** What is wrong with the disk or with this process, whatever the file. */
const OF_ALL = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'EIO',
  'ESTALE',
  'EMFILE',
  'ENFILE',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
]);

const KEPT = 'until then a bounded part of what jobs write is kept in memory';

export async function explainFailure(
  cause: unknown,
  { folder, name }: { readonly folder: string; readonly name: string },
): Promise<LogFailure> {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  const ofAll = OF_ALL.has(code) || !(await isUsable(folder));
  const what = ofAll ? `the logs in ${folder}` : `the log ${join(folder, name)}`;
  const why = code === 'ELOOP' ? 'there is a link in its place' : messageOf(cause);
  return {
    key: ofAll ? code : `${code} ${name}`,
    error: new DomstartError('host-io', `cannot write ${what}: ${why}`, {
      hint: hintOf(code),
      cause,
    }),
  };
}

async function isUsable(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hintOf(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `free some space; ${KEPT}`;
    case 'ELOOP':
      return `remove the link, logs are never written through one; ${KEPT}`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `make it writable for the daemon; ${KEPT}`;
    default:
      return KEPT;
  }
}
