/**
 * The folders of job files that a daemon serves. What is told about them comes one after the other,
 * from one look at a time: a look at everything (`reload`), or at one folder for what has changed in
 * it. Looks that are asked for meanwhile are done afterwards, those that are alike once.
 *
 * A watcher's hint only says when to look. So a hint too many costs a look, and any look finds what
 * hints have been lost.
 */
import { basename, join, resolve } from 'node:path';
import { dialectOf } from '../../language/dialect-of.ts';
import { isJob, isOldJob, isOverride } from '../../language/job-file-names.ts';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import type { Dialect } from '../../model/job.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobChange } from './change.ts';
import { createJobNames } from './job-names.ts';
import type { JobFolder, JobStore } from './job-store.ts';
import { createLooks } from './looks.ts';
import { createProblems } from './problems.ts';

/** What a watcher of folders can do; see `watchFolders`. */
interface JobFolderWatcher extends AsyncDisposable {
  /** Watches exactly these, without their sub-folders. They are absolute and need not exist. */
  setFolders(folders: Iterable<string>): void;
}

interface Notice {
  readonly folder: string;
  readonly name?: string;
  readonly change: 'entry' | 'content';
}

export interface JobFoldersOptions {
  /** Where several have a job of one name, that of the first counts. */
  readonly folders: readonly {
    readonly path: string;
    /** Default: what the path suggests. */
    readonly dialect?: Dialect;
  }[];
  /** Called with one change after the other; must not throw. */
  readonly onChange: (change: JobChange) => void;
  /**
   * Called once, at the start. `onHint` is to be called whenever something may have changed in a
   * folder, and resolves when it has been looked at; `concerns` says whether a notice is worth it.
   */
  readonly watch: (options: {
    readonly onHint: (folder: string) => Promise<void>;
    readonly concerns: (notice: Notice) => boolean;
  }) => JobFolderWatcher;
  readonly clock: Clock;
  /**
   * What a file that worked and is broken now does to its job: it stays as it was, or goes, as in
   * Upstart. Of event.d it always stays. Default: `keep`.
   */
  readonly onBroken?: 'keep' | 'drop';
  /**
   * How often a look at everything reads a job with an override: Upstart does it for each of the
   * two files. Default: `once`.
   */
  readonly overridden?: 'once' | 'twice';
  /** Milliseconds since 1970, as files have them. Default: the host's. */
  readonly time?: () => number;
}

export interface JobFolders extends AsyncDisposable {
  /** Begins to watch, and reads everything for the first time. */
  start(): Promise<void>;
  /**
   * Reads everything again, changed or not. Resolves when a look that began after the call is done;
   * rejects with `cancelled` when the folders are closed before.
   */
  reload(): Promise<void>;
}

/** Nothing is read before `start`. Dispose of it when done: nothing is told any more then. */
export function createJobFolders(options: JobFoldersOptions): JobFolders {
  const { onChange, clock } = options;
  const store = createStore(options);
  const looks = createLooks(store, {
    clock,
    overridden: options.overridden ?? 'once',
    time: options.time ?? Date.now,
    onDone: () => watcher?.setFolders(store.folders.flatMap(foldersOf)),
    onFailed: (at, error) =>
      onChange({
        kind: 'problem',
        path: (store.folders[at] as JobFolder).path,
        error: toDomstartError(error),
      }),
  });
  let watcher: JobFolderWatcher | undefined;

  const holding = (folder: string) =>
    store.folders.flatMap(({ path }, at) =>
      folder === path || folder.startsWith(`${path}/`) ? [at] : [],
    );

  return {
    async start() {
      watcher = options.watch({
        async onHint(folder) {
          await Promise.all(holding(folder).map((at) => looks.some(at))).catch(unlessClosed);
        },
        concerns: ({ folder, name, change }) =>
          change === 'entry' ||
          name === undefined ||
          holding(folder).some((at) => isWanted(store.folders[at] as JobFolder, name)),
      });
      await looks.all();
    },
    reload: () => looks.all(),
    async [Symbol.asyncDispose]() {
      const watching = watcher;
      watcher = undefined;
      await looks.close();
      await watching?.[Symbol.asyncDispose]();
    },
  };
}

function unlessClosed(error: unknown): void {
  if (!(error instanceof DomstartError) || error.code !== 'cancelled') throw error;
}

function createStore({ folders, onChange, onBroken = 'keep' }: JobFoldersOptions): JobStore {
  return {
    folders: folders.map((folder) => {
      const path = resolve(folder.path);
      const dialect = folder.dialect ?? dialectOf(join(path, 'job'));
      return { path, dialect, files: new Map(), subfolders: [], settling: new Map() };
    }),
    names: createJobNames(folders.length, onChange),
    problems: createProblems(onChange),
    tell: onChange,
    onBroken,
  };
}

function foldersOf({ path, subfolders }: JobFolder): string[] {
  return [path, ...subfolders.map((folder) => join(path, folder))];
}

/** Whether what is written there may matter; what came or went may be a folder and always does. */
function isWanted({ dialect }: JobFolder, file: string): boolean {
  const name = basename(file);
  return dialect === 'event.d' ? isOldJob(name) : isJob(name) || isOverride(name);
}
