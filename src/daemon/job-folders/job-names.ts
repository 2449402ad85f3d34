import type { JobDefinition } from '../../model/job.ts';
import type { JobChange } from './change.ts';

type Reason = 'deleted' | 'broken';

/** Who has a name: the first folder whose file defines a job of that name. */
export interface JobNames {
  has(folder: number, name: string): boolean;
  put(folder: number, job: JobDefinition): void;
  remove(folder: number, name: string, reason: Reason): void;
}

/** Folders are numbers, the first is 0. `tell` gets what becomes of a name, if anything does. */
export function createJobNames(folders: number, tell: (change: JobChange) => void): JobNames {
  const jobs = Array.from({ length: folders }, () => new Map<string, JobDefinition>());

  const first = (name: string) => {
    for (const folder of jobs) {
      const job = folder.get(name);
      if (job !== undefined) return job;
    }
    return undefined;
  };

  const tellAfter = (name: string, reason: Reason, act: () => void) => {
    const before = first(name);
    act();
    const after = first(name);
    if (after === before) return;
    if (after === undefined) tell({ kind: 'undefine', name, reason });
    else tell({ kind: 'define', job: after });
  };

  return {
    has: (folder, name) => jobs[folder]?.has(name) === true,
    put: (folder, job) => tellAfter(job.name, 'deleted', () => jobs[folder]?.set(job.name, job)),
    remove: (folder, name, reason) => tellAfter(name, reason, () => jobs[folder]?.delete(name)),
  };
}
