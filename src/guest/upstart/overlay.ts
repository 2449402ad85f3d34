import { isJob, isOldJob } from '../../language/job-file-names.ts';
import type { GuestSpec } from '../../model/domain.ts';
import { joinPath, type Owner } from '../../tree/file-tree.ts';
import { jobPath, type UpstartInit } from './layout.ts';
import type { Original } from './originals.ts';
import { printGuestJob } from './print-guest-job.ts';
import { type TurnedOff, turnOffByOverride, turnOffOld } from './turn-off.ts';

/** What is to stand at a path, in the place of what a guest has there of its own. */
export interface Wanted {
  readonly purpose: 'job' | 'turn off';
  /** Absent: nothing. */
  readonly content?: Uint8Array;
  readonly mode: number;
  readonly owner: Owner;
}

export interface Overlay {
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** The jobs that are off: their files, or the folders of them. */
  readonly off: readonly string[];
  /** Of them, those that could not be read. */
  readonly broken: readonly string[];
}

export interface OverlayOptions {
  readonly folder: string;
  readonly init: UpstartInit;
  readonly guest: GuestSpec;
  /** The owner of the folder: new files are his. */
  readonly owner: Owner;
  /** What is in the folder without us, by path. */
  readonly originals: ReadonlyMap<string, Original>;
}

const FILE_MODE = 0o644;

/** What makes a guest run this job and no other. */
export function planOverlay(options: OverlayOptions): Overlay {
  const { folder, init, guest, owner, originals } = options;
  const wanted = new Map<string, Wanted>();
  const off: string[] = [];
  const broken: string[] = [];
  const own = jobPath(folder, init, guest.job.name);
  const content = Buffer.from(printGuestJob(guest));
  wanted.set(own, { purpose: 'job', content, mode: FILE_MODE, owner });
  const ownOverride = overrideOf(own);
  if (init === 'init' && originals.has(ownOverride)) {
    wanted.set(ownOverride, { purpose: 'job', mode: FILE_MODE, owner });
  }
  for (const [path, found] of originals) {
    if (path === own || path.startsWith(joinPath(own, ''))) continue;
    if (isAway(found, own)) {
      // An override may be wanted there already.
      if (wanted.has(path)) continue;
      wanted.set(path, { purpose: 'turn off', ...attributesOf(found) });
      off.push(path);
      continue;
    }
    if (textOf(found) === undefined) continue;
    const at = init === 'event.d' ? path : overrideOf(path);
    const turned = init === 'event.d' ? turnOld(path, found) : turnLater(path, originals);
    if (turned === undefined || turned.kind === 'idle') continue;
    const text = Buffer.from(turned.text, 'latin1');
    wanted.set(at, { purpose: 'turn off', content: text, ...attributesOf(found) });
    off.push(path);
    if (turned.kind === 'replaced') broken.push(path);
  }
  return { wanted, off, broken };
}

/**
 * Links that are moved away: to folders of jobs, to the one job, which would be two, and to nothing,
 * which may be something once the guest has mounted its disks.
 */
function isAway({ behind }: Original, own: string): boolean {
  return behind !== undefined && (behind.kind !== 'file' || behind.passing.includes(own));
}

/** Of a file, or of what a link leads to; Latin-1. */
function textOf(original: Original | undefined): string | undefined {
  const content = original?.behind?.kind === 'file' ? original.behind.content : original?.content;
  return content?.toString('latin1');
}

function turnOld(path: string, original: Original): TurnedOff | undefined {
  const name = nameOf(path);
  const text = textOf(original);
  return text === undefined || !isOldJob(name) ? undefined : turnOffOld(text, name);
}

function turnLater(path: string, originals: ReadonlyMap<string, Original>): TurnedOff | undefined {
  const text = textOf(originals.get(path));
  if (text === undefined || !isJob(nameOf(path))) return undefined;
  const over = originals.get(overrideOf(path));
  const override = textOf(over);
  return turnOffByOverride({
    name: nameOf(path).slice(0, -'.conf'.length),
    text,
    ...(override === undefined ? {} : { override }),
    // What a link leads to may be moved away.
    sure: over?.behind === undefined,
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function overrideOf(path: string): string {
  return path.replace(/\.conf$/, '.override');
}

/** A link says nothing of its own about who may read. */
function attributesOf({ entry }: Original): { readonly mode: number; readonly owner: Owner } {
  return { mode: entry.kind === 'file' ? entry.mode & 0o777 : FILE_MODE, owner: entry.owner };
}
