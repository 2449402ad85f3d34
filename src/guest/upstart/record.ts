import { DomstartError, messageOf } from '../../model/errors.ts';
import { joinPath, splitPath } from '../../tree/file-tree.ts';
import { JOB_FOLDERS, type UpstartInit } from './layout.ts';

/** In the folder /etc of the guest. */
export const RECORD_NAME = 'domstart-guest.json';

/** What stands at a path, in a word: `sha256:…`, `link:TARGET`, `folder`, `other`, or `nothing`. */
export type Print = string;

export const NOTHING: Print = 'nothing';

/**
 * What an install does to a guest, written before the first of it is done: whatever an interrupted
 * one has left can be told from what was there.
 */
export interface GuestRecord {
  readonly job: string;
  readonly init: UpstartInit;
  /** The folder of jobs, without links. */
  readonly folder: string;
  /** False: an install, or its undoing, is on its way or was interrupted. */
  readonly complete: boolean;
  readonly entries: readonly RecordEntry[];
}

export interface RecordEntry {
  readonly path: string;
  /** What an install puts there; several while one takes the place of another. */
  readonly written: readonly Print[];
  /** The original, where there was one: where it is kept, and what it was. */
  readonly kept?: { readonly path: string; readonly print: Print };
}

const VERSION = 1;

export function printRecord(record: GuestRecord): string {
  const about = 'written by domstart guest install; domstart guest restore needs it';
  return `${JSON.stringify({ about, version: VERSION, ...record }, null, 2)}\n`;
}

/** Reads a record that anybody may have written. Throws `host-io` where it is none of ours. */
export function parseRecord(text: string, where: string): GuestRecord {
  try {
    return checkRecord(JSON.parse(text));
  } catch (error) {
    const message = `cannot use the record ${where}: ${messageOf(error)}`;
    throw new DomstartError('host-io', message, {
      hint: 'the originals are beside the jobs, with .domstart~ behind their names',
      cause: error,
    });
  }
}

function checkRecord(value: unknown): GuestRecord {
  const { version, job, init, folder, complete, entries } = fields(value);
  if (version !== VERSION) throw new Error(`it has version ${version}, not ${VERSION}`);
  if (init !== 'event.d' && init !== 'init') throw new Error(`it has no init ${init}`);
  if (typeof job !== 'string' || typeof complete !== 'boolean') throw new Error('it names no job');
  if (!isNormal(folder)) throw new Error(`it has no folder below ${JOB_FOLDERS[init]}`);
  if (!Array.isArray(entries)) throw new Error('it has no entries');
  const checked = entries.map((entry) => checkEntry(entry, folder));
  return { job, init, folder, complete, entries: checked };
}

/** A guest may have written it: nothing outside the folder of jobs is touched. */
function checkEntry(value: unknown, folder: string): RecordEntry {
  const { path, written, kept } = fields(value);
  if (!isNormal(path) || !path.startsWith(joinPath(folder, ''))) {
    throw new Error(`${JSON.stringify(path)} is not in ${folder}`);
  }
  if (!Array.isArray(written) || !written.every((one) => typeof one === 'string')) {
    throw new Error(`it does not say what ${path} is`);
  }
  if (kept === undefined) return { path, written };
  const { path: keptPath, print } = fields(kept);
  if (!isNormal(keptPath) || splitPath(keptPath).folder !== splitPath(path).folder) {
    throw new Error(`${JSON.stringify(keptPath)} is not beside ${path}`);
  }
  if (typeof print !== 'string') throw new Error(`it does not say what ${keptPath} is`);
  return { path, written, kept: { path: keptPath, print } };
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error('it is no record');
}

/** Absolute, and without `.`, `..` or nothing between slashes. */
function isNormal(path: unknown): path is string {
  return typeof path === 'string' && /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/.test(path);
}
