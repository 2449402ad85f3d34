import {
  isOverrideIn,
  type JobFolder,
  type JobStore,
  jobFileOf,
  jobOfFile,
  nameIn,
} from './job-store.ts';
import { listFiles } from './list-files.ts';
import { readJob } from './read-job.ts';

export interface ReadAllOptions {
  /** How often a job with an override is read: Upstart does it for each of its files. */
  readonly overridden: 'once' | 'twice';
  readonly breathe: () => Promise<void> | undefined;
  /** A rescan of this folder is due soon. */
  readonly lookAgain: (at: number) => void;
}

/**
 * Reads every file of every folder, in the order of Upstart, whether it has changed or not. What was
 * known and is there no more is deleted in the end, when its name may have gone to another folder.
 */
export async function readAll(
  store: JobStore,
  { overridden, breathe, lookAgain }: ReadAllOptions,
): Promise<void> {
  store.problems.clear();
  const gone: (() => void)[] = [];
  for (const [at, folder] of store.folders.entries()) {
    const { files, missing } = listFiles(store, folder);
    for (const file of missing) {
      folder.files.delete(file);
      gone.push(() => forget(store, at, file));
    }
    for (const { file, link } of files) folder.files.set(file, { identity: '', link });
    for (const { file } of files) {
      const pause = breathe();
      if (pause !== undefined) await pause;
      const job = jobOfFile(folder, file);
      if (isOverrideIn(folder, file)) {
        if (overridden === 'once' || !folder.files.has(jobFileOf(folder, job))) continue;
      }
      if (readJob(store, at, { job, restless: 'taken' }).again) lookAgain(at);
    }
  }
  for (const act of gone) act();
}

/** A file that is there no more; its job may go to the next folder that has one of that name. */
export function forget(store: JobStore, at: number, file: string): void {
  const folder = store.folders[at] as JobFolder;
  const name = nameIn(folder, file);
  folder.files.delete(file);
  store.problems.solved(name.path);
  store.tell({ kind: 'deleted', ...name });
  if (!isOverrideIn(folder, file)) store.names.remove(at, jobOfFile(folder, file), 'deleted');
}
