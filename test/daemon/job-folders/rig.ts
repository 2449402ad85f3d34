import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JobChange } from '../../../src/daemon/job-folders/change.ts';
import {
  createJobFolders,
  type JobFolders,
  type JobFoldersOptions,
} from '../../../src/daemon/job-folders/job-folders.ts';
import { SETTLE_MS } from '../../../src/daemon/job-folders/settling.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export interface RigOptions
  extends Partial<Pick<JobFoldersOptions, 'onBroken' | 'overridden' | 'onChange'>> {
  /** Names of folders, below the rig's own; they are made. Default: `jobs`. */
  readonly folders?: readonly string[];
  readonly dialect?: 'event.d' | 'init';
}

/** Folders of jobs with a clock that is turned and hints that are given by hand. */
export interface Rig extends AsyncDisposable {
  readonly root: string;
  readonly clock: ManualClock;
  readonly folders: JobFolders;
  /** What has been told since this was asked last. */
  changes(): readonly JobChange[];
  /** The same, in short: see `inShort`. */
  told(): readonly string[];
  /** Watched folders, below the rig's own. */
  watched(): readonly string[];
  concerns(name: string, change: 'entry' | 'content'): boolean;
  /** Written in place, a moment ago. */
  write(file: string, text: string): void;
  /** Written elsewhere long ago, and moved here: whole. */
  moveIn(file: string, text: string): void;
  /** Something may have changed: resolves when all of it has been looked at. */
  hint(folder?: string): Promise<void>;
  /** A hint, and one more when what has changed has settled. */
  settle(): Promise<void>;
}

export function createRig(options: RigOptions = {}): Rig {
  const { folders: names = ['jobs'], dialect = 'init', ...rest } = options;
  const root = mkdtempSync(join(tmpdir(), 'domstart-folders-'));
  for (const name of names) mkdirSync(join(root, name), { recursive: true });
  const clock = new ManualClock();
  let changes: JobChange[] = [];
  let watched: readonly string[] = [];
  let onHint: (folder: string) => Promise<void> = async () => {};
  let concerns: Parameters<JobFoldersOptions['watch']>[0]['concerns'] = () => false;
  const folders = createJobFolders({
    folders: names.map((name) => ({ path: join(root, name), dialect })),
    onChange: (change) => changes.push(change),
    clock,
    // Whatever was written was written just now, unless it was moved since.
    time: () => 0,
    watch(watching) {
      ({ onHint, concerns } = watching);
      return {
        setFolders: (all) => {
          watched = [...all].map((folder) => folder.slice(root.length + 1));
        },
        async [Symbol.asyncDispose]() {},
      };
    },
    ...rest,
  });
  const take = () => {
    const taken = changes;
    changes = [];
    return taken;
  };
  let moved = 0;
  const rig: Rig = {
    root,
    clock,
    folders,
    changes: take,
    told: () => take().flatMap(inShort),
    watched: () => watched,
    concerns: (name, change) => concerns({ folder: join(root, names[0] as string), name, change }),
    write(file, text) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    },
    moveIn(file, text) {
      const other = join(root, `moved-${moved++}`);
      writeFileSync(other, text);
      utimesSync(other, 1, 1);
      mkdirSync(dirname(join(root, file)), { recursive: true });
      renameSync(other, join(root, file));
    },
    async hint(folder) {
      const hinted = folder === undefined ? names : [folder];
      for (const name of hinted) await onHint(join(root, name));
    },
    async settle() {
      await rig.hint();
      clock.turn(SETTLE_MS + 2);
      await rig.hint();
    },
    async [Symbol.asyncDispose]() {
      await folders[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return rig;
}

/** `load FILE`, `override JOB with FILE`, `error FILE:LINE: CODE (EFFECT)`, `define JOB`, … */
export function inShort(change: JobChange): readonly string[] {
  switch (change.kind) {
    case 'load':
    case 'deleted':
      return [`${change.kind} ${change.file}`];
    case 'override':
      return [`override ${change.job} with ${change.file}`];
    case 'diagnostics':
      return change.diagnostics.map(
        ({ severity, code, span }) =>
          `${severity} ${change.file}:${span.line}: ${code} (${change.effect})`,
      );
    case 'define':
      return [`define ${change.job.name}: ${change.job.processes.main?.text}`];
    case 'undefine':
      return [`undefine ${change.name}: ${change.reason}`];
    case 'problem':
      return [`problem ${change.error.message}`];
  }
}
