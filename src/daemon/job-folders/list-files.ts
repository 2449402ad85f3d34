import { join } from 'node:path';
import { DomstartError, messageOf } from '../../model/errors.ts';
import type { JobFolder, JobStore } from './job-store.ts';
import { type WalkedFile, walkFolder } from './walk-folder.ts';

export interface Listed {
  readonly files: readonly WalkedFile[];
  /** Known files that are not there. */
  readonly missing: readonly string[];
}

/** The files of a folder as they are now. Of what cannot be listed, everything stays as it was. */
export function listFiles({ problems }: JobStore, folder: JobFolder): Listed {
  const { files, listed, unlisted } = walkFolder(folder.path, {
    eventd: folder.dialect === 'event.d',
  });
  folder.subfolders = listed.filter((below) => below !== '');
  for (const below of listed) problems.solved(join(folder.path, below));
  const kept: string[] = [];
  for (const { folder: below, error } of unlisted) {
    const path = join(folder.path, below);
    const gone = isGone(error);
    if (!gone) kept.push(below === '' ? '' : `${below}/`);
    if (!gone || below === '') problems.found(path, folderProblem(path, { gone, error }));
  }
  const there = new Set(files.map(({ file }) => file));
  const missing = [...folder.files.keys()].filter(
    (file) => !there.has(file) && !kept.some((prefix) => file.startsWith(prefix)),
  );
  return { files, missing };
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function folderProblem(
  path: string,
  { gone, error }: { readonly gone: boolean; readonly error: unknown },
): DomstartError {
  return gone
    ? new DomstartError('job-file-missing', `no such folder of jobs: ${path}`, {
        hint: 'its jobs are read as soon as it is there',
        cause: error,
      })
    : new DomstartError(
        'job-file-missing',
        `cannot list the jobs of ${path}: ${messageOf(error)}; those that are known stay`,
        { hint: 'when it can be read, reload the configuration', cause: error },
      );
}
