import { basename, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { APT_TOOLS, type Apt, openApt } from './apt.ts';
import { withTemporary } from './cache-entry.ts';
import { findExecutable } from './executable.ts';

/** What fetching needs, and where it puts things. */
export interface Fetch {
  readonly cache: string;
  /** A temporary folder on the cache's file system. */
  readonly folder: string;
  readonly apt: Apt;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface FetchOptions {
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** Runs `work` with apt at hand. `what` names what is wanted, for the error where there is no apt. */
export function withFetch<T>(
  what: string,
  options: FetchOptions,
  work: (fetch: Fetch) => Promise<T>,
): Promise<T> {
  const missing = APT_TOOLS.filter((tool) => findExecutable(tool) === undefined);
  if (missing.length > 0) {
    throw new DomstartError(
      'host-incapable',
      `cannot fetch ${what}: this host has no ${missing.join(', ')}`,
      { hint: 'Domstart fetches what it needs as Debian packages: use a Debian host' },
    );
  }
  return withTemporary(options.cache, (folder) =>
    work({ ...options, folder, apt: openApt({ ...options, folder }) }),
  );
}

/** Where a downloaded package is kept: `…/packages/NAME_VERSION_ARCH`. */
export function packageFolder(cache: string, deb: string): string {
  return join(cache, 'packages', basename(deb, '.deb'));
}
