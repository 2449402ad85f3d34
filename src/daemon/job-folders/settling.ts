import type { Stats } from 'node:fs';
import type { Identity } from './read-file.ts';

/**
 * Upstart reads a file when its writer closes it. We see names and times only, and take a file for
 * whole when it has stayed as it is for so many milliseconds.
 */
export const SETTLE_MS = 100;

/**
 * Whether a file was moved here, or is old: then it is whole, and nobody waits. A rename, like a
 * change of the mode, moves `ctime` and not `mtime`, which says when the file was written.
 */
export function isWhole({ mtimeMs, ctimeMs }: Stats, time: number): boolean {
  return ctimeMs > mtimeMs || time - mtimeMs >= SETTLE_MS;
}

/** Files that changed a moment ago and may change again: how they are, and since when. */
export type Settling = ReadonlyMap<string, { readonly identity: Identity; readonly since: number }>;

/** Those that are changing now; who has not changed since `before` goes on waiting. */
export function settle(
  before: Settling,
  changing: Iterable<readonly [file: string, identity: Identity]>,
  now: number,
): Settling {
  const after = new Map<string, { identity: Identity; since: number }>();
  for (const [file, identity] of changing) {
    const known = before.get(file);
    after.set(file, known?.identity === identity ? known : { identity, since: now });
  }
  return after;
}

export function isUnsettled(settling: Settling, file: string, now: number): boolean {
  const known = settling.get(file);
  return known !== undefined && now - known.since < SETTLE_MS;
}

/** Milliseconds until the next one may have settled. */
export function untilSettled(settling: Settling, now: number): number | undefined {
  const waits = Array.from(settling.values(), ({ since }) => since + SETTLE_MS - now);
  const ahead = waits.filter((ms) => ms > 0);
  return ahead.length === 0 ? undefined : Math.min(...ahead);
}
