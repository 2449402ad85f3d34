import { type Changes, findChanges } from './find-changes.ts';
import type { JobFolder, JobStore } from './job-store.ts';
import { filesOf, isOverrideIn, jobFileOf, jobOfFile, overrideOf } from './job-store.ts';
import { forget } from './read-all.ts';
import { readJob } from './read-job.ts';
import { isUnsettled, SETTLE_MS, settle, untilSettled } from './settling.ts';

export interface RescanOptions {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970, as files have them. */
  readonly time: () => number;
  readonly breathe: () => Promise<void> | undefined;
  /** A rescan of this folder is due in so many milliseconds. */
  readonly lookAgain: (at: number, ms: number) => void;
}

/** Reads what differs from the last look, as soon as it stays as it is. */
export async function rescan(
  store: JobStore,
  at: number,
  { now, time, breathe, lookAgain }: RescanOptions,
): Promise<void> {
  const folder = store.folders[at] as JobFolder;
  const changes = await findChanges(store, folder, { time, breathe });
  const moment = now();
  folder.settling = settle(folder.settling, changes.moving, moment);
  const touched = [...changes.gone, ...changes.changed.keys()];
  for (const job of new Set(touched.map((file) => jobOfFile(folder, file)))) {
    const isMoving = (file: string) => isUnsettled(folder.settling, file, moment);
    if (filesOf(folder, job).some(isMoving)) continue;
    const pause = breathe();
    if (pause !== undefined) await pause;
    const restless = applyChanges(store, at, { job, changes });
    for (const other of restless) lookAgain(other, SETTLE_MS);
  }
  const wait = untilSettled(folder.settling, moment);
  if (wait !== undefined) lookAgain(at, wait);
}

interface JobChanges {
  readonly job: string;
  readonly changes: Changes;
}

/** Gives the folders in which a job was written to while it was read. */
function applyChanges(
  store: JobStore,
  at: number,
  { job, changes: { gone, changed } }: JobChanges,
): readonly number[] {
  const { folders } = store;
  const folder = folders[at] as JobFolder;
  const isHidden = overrideBefore(store, job, at);
  const affected = new Set<number>();
  for (const file of filesOf(folder, job)) {
    const found = changed.get(file);
    if (found !== undefined) folder.files.set(file, found);
    else if (gone.has(file)) forget(store, at, file);
    else continue;
    if (!isOverrideIn(folder, file)) affected.add(at);
    else if (!isHidden) for (let to = at; to < folders.length; to += 1) affected.add(to);
  }
  return [...affected]
    .filter((to) => folders[to]?.files.has(jobFileOf(folders[to], job)))
    .filter((to) => folders[to]?.dialect !== 'event.d' || to === at)
    .filter((to) => readJob(store, to, { job, restless: 'left' }).again);
}

/** Whether the override of an earlier folder goes before the one of this folder. */
function overrideBefore(store: JobStore, job: string, at: number): boolean {
  const first = overrideOf(store, job, at);
  return first !== undefined && first.folder !== store.folders[at];
}
