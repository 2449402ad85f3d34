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
import { type Operation, splitPath } from '../tree/file-tree.ts';
import { type Found, printOf } from './job-tree.ts';
import type { Wanted } from './overlay.ts';
import { type GuestRecord, NOTHING, type Print, type RecordEntry } from './record.ts';

type Status = 'ours' | 'untouched' | 'changed' | 'lost';

type Tree = ReadonlyMap<string, Found>;

function statusOf({ path, written, kept }: RecordEntry, found: Tree): Status {
  const here = printAt(found, path);
  if (kept === undefined) return here === NOTHING || written.includes(here) ? 'ours' : 'changed';
  const original = printAt(found, kept.path);
  if (original === NOTHING) {
    return here === NOTHING || written.includes(here) ? 'lost' : 'untouched';
  }
  return here === NOTHING || here === original || written.includes(here) ? 'ours' : 'changed';
}

/** What is there without us. What was changed by hand counts as ours: it is put aside. */
export function originalsOf(found: Tree, record: GuestRecord | undefined): Map<string, Found> {
  const originals = new Map(found);
  for (const entry of record?.entries ?? []) {
    const { path, kept } = entry;
    if (kept !== undefined) originals.delete(kept.path);
    if (statusOf(entry, found) === 'untouched') continue;
    const original = kept && found.get(kept.path);
    if (original === undefined) originals.delete(path);
    else originals.set(path, original);
  }
  return originals;
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
  const operations: Operation[] = [];
  const during: RecordEntry[] = [];
  const after: RecordEntry[] = [];
  const changed: string[] = [];
  const lost: string[] = [];
  const edited: string[] = [];
  const taken = new Set(found.keys());
  for (const { kept } of record?.entries ?? []) if (kept !== undefined) taken.add(kept.path);

  const put = (path: string, one: Wanted) => {
    const { content, purpose, mode, owner } = one;
    if (content !== undefined)
      operations.push({ kind: 'write', purpose, path, content, mode, owner });
  };
  const keep = (entry: RecordEntry, earlier: readonly Print[] = []) => {
    during.push({ ...entry, written: [...new Set([...entry.written, ...earlier])] });
    after.push(entry);
  };

  const entries = new Map(record?.entries.map((entry) => [entry.path, entry]));
  for (const path of [...new Set([...entries.keys(), ...wanted.keys()])].sort()) {
    const entry = entries.get(path);
    const one = wanted.get(path);
    const status = entry === undefined ? 'untouched' : statusOf(entry, found);
    let here = printAt(found, path);
    const target = printOf(one?.content);
    if (entry === undefined || status === 'untouched') {
      if (one === undefined) {
        // The end of an install that never came here, or of a restore that did.
        if (entry !== undefined) during.push(entry);
        continue;
      }
      if (here === target) continue;
      if (here === NOTHING) {
        put(path, one);
        keep({ path, written: [target] });
        continue;
      }
      const to = entry?.kept?.path ?? freeName(path, KEPT, taken);
      operations.push({ kind: 'rename', purpose: 'keep', path, to });
      put(path, one);
      keep({ path, written: [target], kept: { path: to, print: here } });
      continue;
    }
    if (status === 'lost') {
      lost.push(path);
      if (one !== undefined && here !== target) put(path, one);
      const written = one === undefined ? entry.written : [target];
      keep({ ...entry, written }, entry.written);
      continue;
    }
    if (status === 'changed') {
      changed.push(path);
      const to = freeName(path, CHANGED, taken);
      operations.push({ kind: 'rename', purpose: 'put aside', path, to });
      here = NOTHING;
    }
    const { kept } = entry;
    if (one !== undefined) {
      if (here !== target && target === NOTHING) {
        operations.push({ kind: 'remove', purpose: one.purpose, path });
      }
      if (here !== target) put(path, one);
      keep({ ...entry, written: [target] }, entry.written);
      continue;
    }
    during.push(entry);
    if (kept !== undefined) {
      if (printAt(found, kept.path) !== kept.print) edited.push(path);
      // A folder does not take the place of a file by itself.
      if (found.get(kept.path)?.entry.kind === 'folder' && here !== NOTHING) {
        operations.push({ kind: 'remove', purpose: 'restore', path });
      }
      operations.push({ kind: 'rename', purpose: 'restore', path: kept.path, to: path });
    } else if (here !== NOTHING) {
      operations.push({ kind: 'remove', purpose: 'restore', path });
    }
  }
  return { operations, during, after, changed, lost, edited };
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
