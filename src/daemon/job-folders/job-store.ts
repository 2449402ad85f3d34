import type { Dialect } from '../../model/job.ts';
import type { FileName, JobChange } from './change.ts';
import type { JobNames } from './job-names.ts';
import type { Problems } from './problems.ts';
import type { Identity } from './read-file.ts';
import type { Settling } from './settling.ts';

export interface KnownFile {
  readonly identity: Identity;
  readonly link: boolean;
}

/** One of the folders, and what is known of its files: names and identities, no texts. */
export interface JobFolder {
  readonly path: string;
  readonly dialect: Dialect;
  /** Job files and overrides, by their names below the folder. */
  readonly files: Map<string, KnownFile>;
  /** Folders below it that have been listed. */
  subfolders: readonly string[];
  settling: Settling;
}

/** All folders, those that go first at the beginning. */
export interface JobStore {
  readonly folders: readonly JobFolder[];
  readonly names: JobNames;
  readonly problems: Problems;
  readonly tell: (change: JobChange) => void;
  readonly onBroken: 'keep' | 'drop';
}

export function nameIn(folder: JobFolder, file: string): FileName {
  return { file, path: `${folder.path}/${file}` };
}

/** The job that a file, or an override, is about. */
export function jobOfFile(folder: JobFolder, file: string): string {
  return folder.dialect === 'event.d' ? file : file.replace(/\.(?:conf|override)$/, '');
}

export function jobFileOf(folder: JobFolder, job: string): string {
  return folder.dialect === 'event.d' ? job : `${job}.conf`;
}

export function isOverrideIn(folder: JobFolder, file: string): boolean {
  return folder.dialect !== 'event.d' && file.endsWith('.override');
}

function overrideFileOf(job: string): string {
  return `${job}.override`;
}

/** What a job of this folder consists of. An override comes first. */
export function filesOf(folder: JobFolder, job: string): readonly string[] {
  const own = jobFileOf(folder, job);
  return folder.dialect === 'event.d' ? [own] : [overrideFileOf(job), own];
}

/** The override of a job in the folder `at`: from the first folder that has one, up to its own. */
export function overrideOf(
  { folders }: JobStore,
  job: string,
  at: number,
): { readonly folder: JobFolder; readonly file: string } | undefined {
  if (folders[at]?.dialect === 'event.d') return undefined;
  const file = overrideFileOf(job);
  for (let from = 0; from <= at; from += 1) {
    const folder = folders[from];
    if (folder?.dialect !== 'event.d' && folder?.files.has(file)) return { folder, file };
  }
  return undefined;
}
