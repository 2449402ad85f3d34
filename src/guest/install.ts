import type { GuestSpec } from '../model/domain.ts';
import { DomstartError } from '../model/errors.ts';
import type { FileTree, Operation, Owner } from '../tree/file-tree.ts';
import { resolveInTree } from '../tree/resolve.ts';
import { type JobTree, readJobTree } from './upstart/job-tree.ts';
import { findJobFolder, JOB_FOLDERS, type UpstartInit } from './upstart/layout.ts';
import { readOriginals } from './upstart/originals.ts';
import { planOverlay } from './upstart/overlay.ts';
import { waitsInVain } from './upstart/print-guest-job.ts';
import { reconcile } from './upstart/reconcile.ts';
import { type GuestRecord, printRecord } from './upstart/record.ts';
import {
  leftOvers,
  readRecord,
  recordLeftOver,
  recordPlace,
  writeRecord,
} from './upstart/record-place.ts';
import { changedByHand, noUpstart, originalsGone, otherFolder } from './upstart/refusals.ts';
import { refuseOtherUpstart } from './upstart/upstart-version.ts';

export interface ChangeOptions {
  /** What was changed by hand is put aside; originals that are gone are done without. */
  readonly force: boolean;
  /** Nothing is written. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface GuestChange {
  /** Absent where there was nothing to restore. */
  readonly job?: string;
  readonly init?: UpstartInit;
  /** What was done, or would be: none where all is as it should be. */
  readonly operations: readonly Operation[];
  /** Files of the jobs that are off. */
  readonly off: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Makes a guest with an Upstart run this job and no other. Doing it again changes nothing, or ends
 * what was interrupted. Throws a DomstartError: `guest-changed` where somebody has changed what an
 * earlier install put there.
 */
export async function installGuest(
  tree: FileTree,
  guest: GuestSpec,
  options: ChangeOptions,
): Promise<GuestChange> {
  const { init, job } = guest;
  if (init === 'direct') throw noUpstart(job.name);
  const folder = await findJobFolder(tree, init);
  await refuseOtherUpstart(tree, init);
  const place = await recordPlace(tree);
  const record = await readRecord(tree, place);
  if (record !== undefined && record.folder !== folder) throw otherFolder(tree, record);
  const jobs = await readJobTree(tree, { folder, init, record, jobs: true });
  const { owner, found } = jobs;
  const originals = await readOriginals(tree, found, record);
  const { wanted, off, broken } = planOverlay({ folder, init, guest, owner, originals });
  const plan = reconcile({ found, record, wanted });
  const cleaning = leftOvers(jobs);
  if (plan.changed.length > 0 && !options.force) throw changedByHand(tree, plan.changed);
  const after = { job: job.name, init, folder, complete: true, entries: plan.after };
  const done = record !== undefined && printRecord(record) === printRecord(after);
  const { operations } = plan;
  const all: Operation[] = [];
  if (!done || operations.length > 0) {
    all.push(writeRecord(place, { ...after, complete: false, entries: plan.during }));
    all.push(...cleaning, ...operations, writeRecord(place, after));
  } else {
    all.push(...cleaning);
  }
  if (!options.dryRun) await tree.apply(all, options.signal);
  const vain = waitsInVain(job, init);
  const notes = [
    ...(vain === undefined ? [] : [vain]),
    ...putAside(operations),
    ...broken.map((path) => `${path} has errors, and is turned off as a whole`),
    ...plan.lost.map((path) => `the original of ${path} is gone, and cannot be restored`),
  ];
  return { job: job.name, init, operations: all, off, notes };
}

/**
 * Gives a guest back what it had before. Doing it again changes nothing. Throws a DomstartError:
 * `guest-changed` where somebody has changed what was installed, or an original is gone.
 */
export async function restoreGuest(tree: FileTree, options: ChangeOptions): Promise<GuestChange> {
  const place = await recordPlace(tree);
  const record = await readRecord(tree, place);
  if (record === undefined) {
    const operations = await recordLeftOver(tree, place);
    if (!options.dryRun) await tree.apply(operations, options.signal);
    return { operations, off: [], notes: [] };
  }
  const { init, job } = record;
  const jobs = await readRecorded(tree, record);
  const plan = reconcile({ found: jobs.found, record, wanted: new Map() });
  if (!options.force) {
    if (plan.changed.length > 0) throw changedByHand(tree, plan.changed);
    if (plan.lost.length > 0) throw originalsGone(tree, plan.lost);
  }
  const operations: Operation[] = [
    ...(await recordLeftOver(tree, place)),
    ...leftOvers(jobs),
    ...plan.operations,
    { kind: 'remove', purpose: 'record', path: place.path },
  ];
  if (!options.dryRun) await tree.apply(operations, options.signal);
  const notes = [
    ...putAside(plan.operations),
    ...plan.edited.map((path) => `the original of ${path} was changed where it was kept`),
    ...plan.lost.map((path) => `the original of ${path} is gone: what is there stays`),
  ];
  return { job, init, operations, off: [], notes };
}

/** The folder must be the one that the guest would find: a record may say anything. */
async function readRecorded(tree: FileTree, record: GuestRecord): Promise<JobTree> {
  const { folder, init } = record;
  const found = await resolveInTree(tree, JOB_FOLDERS[init]);
  if (found === undefined) return { owner: NOBODY, found: new Map() };
  if (found.path !== folder) {
    const message = `the jobs in ${tree.root} were in ${folder}, and are in ${found.path} now`;
    throw new DomstartError('guest-changed', message, { hint: 'put the folder back' });
  }
  return await readJobTree(tree, { folder, init, record, jobs: false });
}

const NOBODY: Owner = { uid: 0, gid: 0 };

function putAside(operations: readonly Operation[]): string[] {
  return operations.flatMap((one) =>
    one.kind === 'rename' && one.purpose === 'put aside'
      ? [`${one.path} was changed by hand: it is ${one.to} now`]
      : [],
  );
}
