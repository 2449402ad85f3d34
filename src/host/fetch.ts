import { basename, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import { withTemporary } from '../system/cache-entry.ts';
import { findExecutable } from '../system/find-executable.ts';
import { APT_TOOLS, type Apt, openApt } from './apt.ts';

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

/** Runs `work` with apt at hand. Throws `host-incapable` where there is no apt. */
export function withFetch<T>(
  options: FetchOptions,
  work: (fetch: Fetch) => Promise<T>,
): Promise<T> {
  const missing = APT_TOOLS.filter((tool) => findExecutable(tool) === undefined);
  if (missing.length > 0) {
    throw new DomstartError(
      'host-incapable',
      `this host lacks what Domstart runs domains with, and the tools to fetch it: ${missing.join(', ')}`,
      { hint: 'see `domstart doctor`; what is missing is fetched as Debian packages' },
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
