import { DomstartError } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { ImageWish } from '../ports/images.ts';
import type { BaseSource } from './base/base.ts';
import { cacheKey } from './cache-key.ts';
import { findCopies, readContents } from './copies.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { isConstant } from './job-image.ts';

/** What the base of a job is made from. */
export interface Origin {
  readonly source: BaseSource;
  readonly packages: readonly string[];
  readonly scripts: readonly string[];
  /** Those that the scripts may need. */
  readonly copies: readonly ImageEntry[];
  readonly jobFile?: string;
}

/** As the stanzas of the job say it. Throws a DomstartError. */
export async function originOf(request: ImageWish): Promise<Origin> {
  const { domain, jobFile } = request;
  const { packages = [], scripts = [], copies } = domain.image;
  const constant = scripts.length === 0 ? [] : copies.filter(isConstant);
  const files = await readContents(await findCopies(constant, request), request);
  return {
    source: await sourceOf(request),
    ...{ packages, scripts },
    copies: files.flatMap(({ entries }) => entries),
    ...(jobFile === undefined ? {} : { jobFile }),
  };
}

/** Nothing of this host is in it: neither its archives, nor where its files are. */
export function recipeOf({ source, packages, scripts, copies }: Origin): unknown {
  const contents = copies.map((entry) =>
    entry.kind === 'file' ? [entry.path, entry.mode, cacheKey(String(entry.content))] : entry,
  );
  return [source, packages, scripts, contents];
}

/** Its path is looked for where every other file of a job is. */
async function sourceOf({ domain, environment, jobFile }: ImageWish): Promise<BaseSource> {
  const { source } = domain.image;
  switch (source.kind) {
    case 'debootstrap':
      return source;
    case 'tar':
    case 'directory': {
      const stanza = `image from ${source.kind} ${source.path}`;
      const name = expandPattern(source.path, environment, stanza);
      const path = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
      return { kind: source.kind, path };
    }
    case 'busybox':
    case 'disk':
      throw new DomstartError('internal', `an image from ${source.kind} has no base`);
  }
}
