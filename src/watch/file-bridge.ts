import type { Variable } from '../model/environment.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import { createFileFolder, type FileFolder } from './file-folder.ts';
import { type FileInterests, fileInterests } from './file-interest.ts';
import { type FolderPlan, planFolders, samePlan } from './folder-plan.ts';
import type { WatchTiming } from './timing.ts';
import { codeOf } from './watch-error.ts';
import { watchFolders } from './watch-folders.ts';
import { createWriterSearch } from './writers.ts';

export interface FileBridge extends AsyncDisposable {
  /** The jobs that are loaded now; to be called whenever one came, changed or went. */
  setJobs(jobs: readonly JobDefinition[]): void;
}

export interface FileBridgeOptions {
  readonly clock: Clock;
  /** `file FILE=PATH EVENT=create|modify|delete|written [MATCH=PATH]` (docs/file-events.md). */
  emit(name: string, variables: readonly Variable[]): void;
  /** A condition that cannot come true, a folder that cannot be watched or read. Each told once. */
  onProblem(error: DomstartError): void;
  readonly timing?: Partial<FileBridgeTiming>;
}

interface FileBridgeTiming extends WatchTiming {
  /** Milliseconds for which a file has to stand still to count as written. */
  readonly settle: number;
}

const SETTLE = 1_000;

/** Emits `file` events for the files that the `start on` and `stop on` of loaded jobs name. */
export function createFileBridge(options: FileBridgeOptions): FileBridge {
  const { clock, emit, onProblem, timing = {} } = options;
  const folders = new Map<string, FileFolder>();
  const writers = createWriterSearch();
  const readOf = createReader();
  const told = new Set<string>();
  let plans: ReadonlyMap<string, FolderPlan> = new Map();
  let current: readonly FileInterests[] = [];

  const watcher = watchFolders({
    clock,
    timing,
    onProblem,
    onHint: (folder) => folders.get(folder)?.look(),
    concerns: (notice) => folders.get(notice.folder)?.note(notice) ?? false,
  });

  function tellOnce(error: DomstartError, about: string = error.message): void {
    if (told.has(about)) return;
    told.add(about);
    onProblem(error);
  }

  function tellUnreadable(folder: string, path: string, error: unknown): void {
    const message = `cannot look at ${JSON.stringify(path)}: ${messageOf(error)}`;
    const hint =
      codeOf(error) === 'ENOENT'
        ? 'a file whose name is not UTF-8 cannot be told: give it another name'
        : 'let the user that runs Domstart read the folder and go into it';
    const told = new DomstartError('host-io', message, { hint, cause: error });
    // A folder full of such files is one problem.
    tellOnce(told, `${codeOf(error)} ${folder}`);
  }

  function open(plan: FolderPlan): FileFolder {
    const { folder } = plan;
    return createFileFolder({
      plan,
      clock,
      writers,
      settle: timing.settle ?? SETTLE,
      emit: (variables) => emit('file', variables),
      requestLook: () => watcher.look(folder),
      onUnreadable: (path, error) => tellUnreadable(folder, path, error),
    });
  }

  function close(folder: string): void {
    folders.get(folder)?.close();
    folders.delete(folder);
  }

  function setPlans(next: ReadonlyMap<string, FolderPlan>): void {
    for (const folder of folders.keys()) if (!next.has(folder)) close(folder);
    for (const [folder, plan] of next) {
      const before = plans.get(folder);
      if (before === undefined) folders.set(folder, open(plan));
      else if (!samePlan(before, plan)) folders.get(folder)?.setPlan(plan);
    }
    plans = next;
    watcher.setFolders(next.keys());
  }

  return {
    setJobs(jobs) {
      const next = jobs.map(readOf).filter((read) => read !== undefined);
      if (next.length === current.length && next.every((one, at) => one === current[at])) return;
      current = next;
      for (const { problems } of next) for (const problem of problems) tellOnce(problem);
      setPlans(planFolders(next.flatMap(({ interests }) => interests)));
    },

    async [Symbol.asyncDispose]() {
      for (const folder of folders.keys()) close(folder);
      await watcher[Symbol.asyncDispose]();
    },
  };
}

/** Reads each definition once: with 10,000 jobs every reload would walk all their conditions. */
function createReader(): (job: JobDefinition) => FileInterests | undefined {
  const read = new WeakMap<JobDefinition, FileInterests | undefined>();
  return (job) => {
    if (!read.has(job)) {
      const found = fileInterests(job);
      const nothing = found.interests.length === 0 && found.problems.length === 0;
      read.set(job, nothing ? undefined : found);
    }
    return read.get(job);
  };
}
