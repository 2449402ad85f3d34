import { statfs } from 'node:fs/promises';
import { DomstartError, messageOf } from '../../model/errors.ts';

const MIB = 2 ** 20;

interface FullRequest {
  /** Of the mounted image. */
  readonly root: string;
  readonly cache: string;
  /** MiB. */
  readonly size: number;
}

/** What has failed because a disk is full, in those words; anything else as it is. */
export async function fullError(
  error: unknown,
  { root, cache, size }: FullRequest,
): Promise<unknown> {
  if ((await freeOf(cache)).bytes < MIB) {
    return new DomstartError('host-io', `no space left in ${cache}: ${firstLine(error)}`, {
      hint: 'free some space, or set DOMSTART_CACHE to a folder on another disk; `domstart image prune` frees the cache',
      cause: error,
    });
  }
  const { part } = await freeOf(root);
  if (part > FULL && !NO_SPACE.test(textOf(error))) return error;
  return new DomstartError(
    'job-invalid',
    `the content does not fit in a disk of ${size} MiB: ${firstLine(error)}`,
    { hint: 'say `image size` with more', cause: error },
  );
}

/** Of a tool that undoes its last step when there is no space. */
const FULL = 0.01;
const NO_SPACE = /no space left|ENOSPC|enough free space/i;

/** `part`: of its blocks or of its inodes, whichever it has fewer of. */
async function freeOf(path: string): Promise<{ readonly bytes: number; readonly part: number }> {
  const { bavail, bsize, blocks, ffree, files } = await statfs(path);
  const part = Math.min(bavail / blocks, files === 0 ? 1 : ffree / files);
  return { bytes: bavail * bsize, part };
}

function textOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}\n${messageOf(cause)}`;
}

function firstLine(error: unknown): string {
  return messageOf(error).replace(/\s*\n\s*/g, ' ');
}
