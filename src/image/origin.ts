import { DomstartError } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { ImageWish } from '../ports/images.ts';
import type { BaseSource } from './base/base.ts';
import { cacheKey } from './cache-key.ts';
import { findCopies, readContents } from './copies.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { isConstant } from './job-image.ts';

/** What a job wants its base to be made from. */
export interface Wanted {
  /** Its path is as the job has it, expanded. */
  readonly source: BaseSource;
  readonly packages: readonly string[];
  readonly scripts: readonly string[];
  /** Those that the scripts may need. */
  readonly copies: readonly ImageEntry[];
  readonly jobFile?: string;
}

/** The same on this host: its path is absolute. */
export interface Origin extends Wanted {}

/** As the stanzas of the job say it. Throws a DomstartError. */
export async function wantedOf(request: ImageWish): Promise<Wanted> {
  const { domain, jobFile } = request;
  const { packages = [], scripts = [], copies } = domain.image;
  const constant = scripts.length === 0 ? [] : copies.filter(isConstant);
  const files = await readContents(await findCopies(constant, request), request);
  return {
    source: sourceOf(request),
    ...{ packages, scripts },
    copies: files.flatMap(({ entries }) => entries),
    ...(jobFile === undefined ? {} : { jobFile }),
  };
}

/** Nothing of this host is in it: neither its archives, nor where its files are. */
export function recipeOf({ source, packages, scripts, copies }: Wanted): unknown {
  const contents = copies.map((entry) =>
    entry.kind === 'file' ? [entry.path, entry.mode, cacheKey(String(entry.content))] : entry,
  );
  return [source, packages, scripts, contents];
}

function sourceOf({ domain, environment }: ImageWish): BaseSource {
  const { source } = domain.image;
  switch (source.kind) {
    case 'debootstrap':
      return source;
    case 'tar':
    case 'directory': {
      const path = expandPattern(source.path, environment, stanzaOf(source));
      return { kind: source.kind, path };
    }
    case 'busybox':
    case 'disk':
      throw new DomstartError('internal', `an image from ${source.kind} has no base`);
  }
}

/** Its path is looked for where every other file of a job is. Throws `file-missing`. */
export async function originOf(wanted: Wanted): Promise<Origin> {
  const { source, jobFile } = wanted;
  if (source.kind === 'debootstrap') return wanted;
  const { kind, path: name } = source;
  const search = { name, stanza: stanzaOf(source), jobFile, workingFolder: process.cwd() };
  return { ...wanted, source: { kind, path: await findSource(search) } };
}

function stanzaOf({ kind, path }: { readonly kind: string; readonly path: string }): string {
  return `image from ${kind} ${path}`;
}
