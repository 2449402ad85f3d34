import { dirname } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { Copied } from './copies.ts';

/** What the guest mounts something over as soon as it boots. */
const MOUNTED_OVER = ['/dev', '/proc', '/sys'];

interface Placed {
  readonly kind: 'folder' | 'other';
  /** Who put it there, for the error. */
  readonly by: string;
}

/** Where it goes, and what it is there. */
type Placeable = Pick<ImageEntry, 'path' | 'kind'>;

/**
 * Refuses copies that the guest would not see, or that would take the place of what it needs: the
 * kernel unpacks what it can and says nothing about the rest. Two copies onto the same file are in
 * order: the second one counts.
 */
export function refuseMisplaced(options: {
  readonly copies: readonly Copied<Placeable>[];
  /** Of the base and of the system; a copy may take the place of a file of them. */
  readonly base: readonly ImageEntry[];
  readonly baseFolders: ReadonlySet<string>;
  /** What the guest's init consists of. */
  readonly init: readonly ImageEntry[];
}): void {
  const { copies, base, baseFolders, init } = options;
  const placed = new Map<string, Placed>();
  const put = (path: string, what: Placed) => {
    placed.set(path, what);
    // What stands above it is a folder, named or not.
    for (let above = dirname(path); above !== '/'; above = dirname(above)) {
      if (!placed.has(above)) placed.set(above, { kind: 'folder', by: what.by });
    }
  };
  for (const path of baseFolders) put(path, { kind: 'folder', by: 'the image itself' });
  for (const entry of base) put(entry.path, { kind: kindOf(entry), by: 'the image itself' });
  const own = new Set(init.filter((entry) => entry.kind !== 'folder').map((entry) => entry.path));

  for (const { stanza, entries } of copies) {
    for (const entry of entries) {
      refuseHidden(stanza, entry);
      if (own.has(entry.path)) {
        throw refusal(stanza, `${entry.path} is what ends or runs the guest`);
      }
      refuseClash(stanza, entry, placed);
      put(entry.path, { kind: kindOf(entry), by: `\`${stanza}\`` });
    }
  }
}

function refuseHidden(stanza: string, { path, kind }: Placeable): void {
  const over = MOUNTED_OVER.find(
    (folder) => path.startsWith(`${folder}/`) || (path === folder && kind !== 'folder'),
  );
  if (over === undefined) return;
  throw refusal(stanza, `the guest mounts its own ${over} over ${path} when it boots`);
}

function refuseClash(stanza: string, entry: Placeable, placed: ReadonlyMap<string, Placed>): void {
  const kind = kindOf(entry);
  const there = placed.get(entry.path);
  if (there !== undefined && there.kind !== kind) {
    const [is, was] = kind === 'folder' ? ['a folder', 'a file'] : ['a file', 'a folder'];
    throw refusal(stanza, `${entry.path} would be ${is} and is ${was} by ${there.by}`);
  }
  for (let above = dirname(entry.path); above !== '/'; above = dirname(above)) {
    const what = placed.get(above);
    if (what?.kind === 'other') {
      throw refusal(stanza, `${entry.path} would lie in ${above}, which is a file by ${what.by}`);
    }
  }
}

function kindOf({ kind }: Placeable): Placed['kind'] {
  return kind === 'folder' ? 'folder' : 'other';
}

function refusal(stanza: string, why: string): DomstartError {
  return new DomstartError('job-invalid', `cannot do \`${stanza}\`: ${why}`, {
    hint: 'give the copy another target, or end the target in a slash to copy into a folder',
  });
}
