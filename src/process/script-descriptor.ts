import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';

/** Linux: a file without a name; not among Node's constants, but made of one of them. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * An open descriptor of a file without a name that holds `text`; whoever opens it through
 * /proc/self/fd reads from its beginning. A pipe would do, but what Node calls a pipe is a socket,
 * which cannot be opened through /proc. Readable by all, because the job may be another user's.
 * Throws `host-io` where there is no room for it.
 */
export function openScript(text: string): number {
  const fd = openNameless();
  try {
    writeFileSync(fd, text);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

function openNameless(): number {
  try {
    return openSync(tmpdir(), O_TMPFILE | constants.O_RDWR, 0o644);
  } catch {
    // Not every file system has nameless files.
    const folder = makeFolder();
    try {
      return openSync(join(folder, 'script'), 'wx+', 0o644);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

function makeFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'domstart-script-'));
  } catch (cause) {
    const message = `cannot keep a script in ${tmpdir()}: ${messageOf(cause)}`;
    throw new DomstartError('host-io', message, {
      hint: 'make the folder, or set TMPDIR to one that can be written to',
      cause,
    });
  }
}
