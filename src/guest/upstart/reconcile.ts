/**
 * From what there is to what is wanted. The record says what an install has put where, and where it
 * keeps the originals, whether or not it came so far: it is written before anything is done. So
 * four cases can be told apart at each path of it:
 *
 *   ours       what stands there is ours or nothing, and the original, where there was one, is kept
 *   untouched  the original stands at its place
 *   changed    somebody has put something else there
 *   lost       there is no original any more
 *
 * Nothing is ever removed but what we wrote ourselves.
 */
import { DomstartError } from '../../model/errors.ts';
import { type Operation, splitPath } from '../../tree/file-tree.ts';
import { type Found, printOf } from './job-tree.ts';
import type { Wanted } from './overlay.ts';
import { type GuestRecord, NOTHING, type Print, type RecordEntry } from './record.ts';

type Status = 'ours' | 'untouched' | 'changed' | 'lost';

export type Tree = ReadonlyMap<string, Found>;

export function statusOf({ path, written, kept }: RecordEntry, found: Tree): Status {
  const here = printAt(found, path);
  if (kept === undefined) return here === NOTHING || written.includes(here) ? 'ours' : 'changed';
  const original = printAt(found, kept.path);
  if (original === NOTHING) {
    return here === NOTHING || written.includes(here) ? 'lost' : 'untouched';
  }
  return here === NOTHING || here === original || written.includes(here) ? 'ours' : 'changed';
}

export interface Reconciled {
  readonly operations: readonly Operation[];
  /** What is to be said while they are done, and afterwards. */
  readonly during: readonly RecordEntry[];
  readonly after: readonly RecordEntry[];
  /** Paths at which somebody has changed what was installed. */
  readonly changed: readonly string[];
  /** Paths whose originals are gone. */
  readonly lost: readonly string[];
  /** Originals that were changed where they are kept. */
  readonly edited: readonly string[];
}

export interface ReconcileOptions {
  readonly found: Tree;
  readonly record: GuestRecord | undefined;
  readonly wanted: ReadonlyMap<string, Wanted>;
}

export function reconcile({ found, record, wanted }: ReconcileOptions): Reconciled {
  const entries = new Map(record?.entries.map((entry) => [entry.path, entry]));
  const draft: Draft = {
    found,
    taken: new Set([
      ...found.keys(),
      ...Array.from(entries.values(), ({ kept }) => kept?.path ?? ''),
    ]),
    operations: [],
    during: [],
    after: [],
    changed: [],
    lost: [],
    edited: [],
  };
  for (const path of [...new Set([...entries.keys(), ...wanted.keys()])].sort()) {
    const entry = entries.get(path);
    const one = wanted.get(path);
    const status = entry === undefined ? 'untouched' : statusOf(entry, found);
    if (entry === undefined || status === 'untouched') {
      if (one !== undefined) coverOriginal(draft, { path, one, entry });
      // The end of an install that never came here, or of a restore that did.
      else if (entry !== undefined) draft.during.push(entry);
    } else if (status === 'lost') {
      draft.lost.push(path);
      replaceOurs(draft, { entry, one, here: printAt(found, path) });
    } else {
      const here = status === 'changed' ? putAside(draft, path) : printAt(found, path);
      if (one === undefined) uncoverOriginal(draft, { entry, here });
      else replaceOurs(draft, { entry, one, here });
    }
  }
  return draft;
}

interface Draft {
  readonly found: Tree;
  /** Names that are not free. */
  readonly taken: Set<string>;
  readonly operations: Operation[];
  readonly during: RecordEntry[];
  readonly after: RecordEntry[];
  readonly changed: string[];
  readonly lost: string[];
  readonly edited: string[];
}

/** Keeps what stands there, where there is something, and puts ours in its place. */
function coverOriginal(
  draft: Draft,
  { path, one, entry }: { path: string; one: Wanted; entry: RecordEntry | undefined },
): void {
  const here = printAt(draft.found, path);
  const ours = printOf(one.content);
  if (here === ours) return;
  if (here === NOTHING) {
    put(draft, path, one);
    keep(draft, { path, written: [ours] });
    return;
  }
  const to = entry?.kept?.path ?? freeName(path, KEPT, draft.taken);
  draft.operations.push({ kind: 'rename', purpose: 'keep', path, to });
  put(draft, path, one);
  keep(draft, { path, written: [ours], kept: { path: to, print: here } });
}

interface OursOptions {
  readonly entry: RecordEntry;
  /** Absent: it stays as it is. */
  readonly one: Wanted | undefined;
  readonly here: Print;
}

/** What stands there is ours or nothing: what is to stand there now takes its place. */
function replaceOurs(draft: Draft, { entry, one, here }: OursOptions): void {
  const { path, written } = entry;
  const ours = one === undefined ? here : printOf(one.content);
  if (one !== undefined && here !== ours) {
    if (ours === NOTHING) draft.operations.push({ kind: 'remove', purpose: one.purpose, path });
    else put(draft, path, one);
  }
  keep(draft, one === undefined ? entry : { ...entry, written: [ours] }, written);
}

/** What stands there is ours or nothing: it goes, and the original comes back. */
function uncoverOriginal(
  { found, operations, during, edited }: Draft,
  { entry, here }: { entry: RecordEntry; here: Print },
): void {
  const { path, kept } = entry;
  during.push(entry);
  // A folder does not take the place of a file by itself.
  const original = kept && found.get(kept.path)?.entry.kind;
  if (here !== NOTHING && (original === undefined || original === 'folder')) {
    operations.push({ kind: 'remove', purpose: 'restore', path });
  }
  if (kept === undefined) return;
  if (printAt(found, kept.path) !== kept.print) edited.push(path);
  operations.push({ kind: 'rename', purpose: 'restore', path: kept.path, to: path });
}

/** Somebody's own file: what stands there then is nothing. */
function putAside({ operations, changed, taken }: Draft, path: string): Print {
  changed.push(path);
  const to = freeName(path, CHANGED, taken);
  operations.push({ kind: 'rename', purpose: 'put aside', path, to });
  return NOTHING;
}

function put({ operations }: Draft, path: string, { content, purpose, mode, owner }: Wanted): void {
  if (content === undefined) return;
  operations.push({ kind: 'write', purpose, path, content, mode, owner });
}

/** `earlier` is what may stand there until it is done. */
function keep({ during, after }: Draft, entry: RecordEntry, earlier: readonly Print[] = []): void {
  during.push({ ...entry, written: [...new Set([...entry.written, ...earlier])] });
  after.push(entry);
}

/** Upstart reads no file with a tilde at the end of its name. */
const KEPT = 'domstart';
const CHANGED = 'changed';

const LONGEST_NAME = 255;

function freeName(path: string, word: string, taken: Set<string>): string {
  for (let number = 1; ; number += 1) {
    const name = `${path}.${word}${number === 1 ? '' : `-${number}`}~`;
    if (taken.has(name)) continue;
    if (Buffer.byteLength(splitPath(name).name) > LONGEST_NAME) {
      const message = `the name of ${path} is too long to be kept under another one`;
      throw new DomstartError('not-supported', message, { hint: 'rename it' });
    }
    taken.add(name);
    return name;
  }
}

function printAt(found: Tree, path: string): Print {
  return found.get(path)?.print ?? NOTHING;
}
