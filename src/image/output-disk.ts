import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_OUTPUT_LIMIT } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import type { ImageRequest, ImageWish, OutputDisk } from '../ports/images.ts';
import { expandPattern } from './expand-pattern.ts';

const MIB = 1024 * 1024;

/** So many names, headers and the end of the tar take: a file of one byte takes two blocks. */
const MOST_ENTRIES = 10_000;
const HEADERS = 3 * 512 * MOST_ENTRIES;

/** The paths of the `output` stanzas, expanded. Throws a DomstartError. */
export function outputPaths({ domain, environment }: ImageWish): string[] {
  const paths = (domain.outputs ?? []).map((pattern) => {
    const stanza = `output ${pattern}`;
    const path = expandPattern(pattern, environment, stanza)
      .replace(/\/+/g, '/')
      .replace(/\/$/, '');
    if (path.startsWith('/') && !path.split('/').includes('..')) return path;
    throw new DomstartError(
      'job-invalid',
      `cannot do \`${stanza}\`: ${path || '/'} is no path inside the guest`,
      { hint: 'name a file or a folder by its full path, without `..`, and not the root itself' },
    );
  });
  if (paths.length > 0 && domain.guest !== undefined && domain.guest.init !== 'direct') {
    throw new DomstartError(
      'not-supported',
      `\`output\` needs an init that hands it back: this guest has \`guest init ${domain.guest.init}\``,
      { hint: 'write `guest init direct`, or let the job print its result on the console' },
    );
  }
  return [...new Set(paths)];
}

/** A sparse file that the guest writes a tar to. */
export async function makeOutputDisk(request: ImageRequest): Promise<OutputDisk> {
  const bytes = (request.domain.outputLimit ?? DEFAULT_OUTPUT_LIMIT) * MIB;
  const path = join(request.folder, 'output.tar');
  await using file = await open(path, 'wx', 0o600);
  await file.truncate(bytes + HEADERS);
  return { path, paths: outputPaths(request), limits: { bytes, count: MOST_ENTRIES } };
}
