import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { refuseOthers } from '../../embed/read-jobs.ts';

/** Tells a file from what stood there before, or will: any write or rename makes it another. */
export type Identity = string;

/**
 * Undefined is a link that leads nowhere. The times of Stats are good for a quarter of a microsecond,
 * the clocks of file systems for less.
 */
export function identityOf(stats: Stats | undefined): Identity {
  if (stats === undefined) return 'nowhere';
  const { dev, ino, size, mtimeMs, ctimeMs } = stats;
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}

/** The part of it that a rename leaves as it is. */
export function inodeOf(identity: Identity): string {
  return identity.split(':', 2).join(':');
}

export function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

export interface ReadBytes {
  readonly bytes: Buffer;
  /** As it was before the reading. */
  readonly identity: Identity;
  /** It was written to meanwhile. */
  readonly restless: boolean;
}

/**
 * Reads a file without handing it to another thread, which costs more than the reading. Throws what
 * the host says, and where it is no regular file or too large.
 */
export function readBytes(path: string, { link }: { readonly link: boolean }): ReadBytes {
  // Opening what is no file may wait, or do something; only a link can lead to such a thing.
  if (link) refuseOthers(statSync(path));
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const before = fstatSync(descriptor);
    refuseOthers(before);
    const bytes = Buffer.allocUnsafe(before.size);
    const length = readSync(descriptor, bytes);
    const identity = identityOf(before);
    return {
      bytes: bytes.subarray(0, length),
      identity,
      restless: identityOf(fstatSync(descriptor)) !== identity,
    };
  } finally {
    closeSync(descriptor);
  }
}
