import { basename } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { ImageWish } from '../ports/images.ts';
import { type Copied, naming, readContents } from './copies.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { findHostFiles, type HostEntry } from './host-files.ts';

/** Where the guest finds what `input` hands in, each by its own name. */
const INPUT_FOLDER = '/input';

/** Where the `input` stanzas have it from. Throws a DomstartError. */
export async function findInputs(request: ImageWish): Promise<Copied<HostEntry>[]> {
  const { domain, environment, jobFile, signal } = request;
  const found: Copied<HostEntry>[] = [];
  const names = new Map<string, string>();
  for (const pattern of domain.inputs ?? []) {
    signal.throwIfAborted();
    const stanza = `input ${pattern}`;
    const name = expandPattern(pattern, environment, stanza);
    const source = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
    refuseTwo(names, source, stanza);
    const target = `${INPUT_FOLDER}/${basename(source)}`;
    const entries = await naming(source, () => findHostFiles({ source, target, stanza }));
    found.push({ stanza, entries });
  }
  return found;
}

/** With their contents, for a guest that lives in memory. */
export async function readInputs(request: ImageWish): Promise<Copied[]> {
  return readContents(await findInputs(request), request);
}

function refuseTwo(names: Map<string, string>, source: string, stanza: string): void {
  const name = basename(source);
  const other = names.get(name);
  names.set(name, source);
  if (other === undefined || other === source) return;
  throw new DomstartError(
    'job-invalid',
    `cannot do \`${stanza}\`: ${INPUT_FOLDER}/${name} is ${other} already`,
    { hint: 'inputs have their own names in the guest: rename one, or put both into a folder' },
  );
}
