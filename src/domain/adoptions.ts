import type { RunFolder } from './run-folder.ts';
import type { RunRecord } from './run-record.ts';

/** A run whose domain goes on without the daemon that began it. */
export interface LeftRun {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  /** Of one that was saved, and does not run yet: the file of its memory. */
  readonly memory?: string;
}

/** The runs that this daemon is to go on with, until each is taken or given up. */
export interface Adoptions {
  add(run: LeftRun): void;
  list(): readonly LeftRun[];
  /** The one of this instance, once. */
  take(job: string, instance: string): LeftRun | undefined;
  /** Gives one up that nobody is to take; false where somebody has. */
  drop(run: LeftRun): boolean;
}

export function createAdoptions(): Adoptions {
  const runs = new Set<LeftRun>();
  return {
    add: (run) => void runs.add(run),
    list: () => [...runs],
    drop: (run) => runs.delete(run),
    take(job, instance) {
      for (const run of runs) {
        if (run.record.job !== job || run.record.instance !== instance) continue;
        runs.delete(run);
        return run;
      }
      return undefined;
    },
  };
}
