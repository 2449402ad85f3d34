import { type Dirent, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { throwIfCancelled } from '../engine/abortable.ts';
import { dialectOf } from '../language/dialect-of.ts';
import { isFolderOfJobs, isJob, isOldJob, isOverride } from '../language/job-file-names.ts';
import { DomstartError, messageOf } from '../model/errors.ts';

/** A job file that has been found, not yet read. */
export interface FoundFile {
  readonly file: string;
  /** Its job's name, where it was found in a folder: the path below it, without `.conf`. */
  readonly name?: string;
}

interface FindOptions {
  readonly signal?: AbortSignal | undefined;
  /** Also NAME.override where there is no NAME.conf. */
  readonly loneOverrides?: boolean;
}

/** The file itself, or what is in the folder and its sub-folders, in order of the names. */
export async function findJobFiles(
  path: string,
  { signal, loneOverrides = false }: FindOptions = {},
): Promise<FoundFile[]> {
  throwIfCancelled(signal, `reading ${path}`);
  const stats = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (!stats.isDirectory()) return [{ file: path }];
  const eventd = dialectOf(join(path, 'job')) === 'event.d';
  const all = await filesIn(
    path,
    eventd ? isOldJob : (name) => isJob(name) || (loneOverrides && isOverride(name)),
  );
  const jobs = new Set(all);
  const found = eventd ? all : all.filter((file) => !isOverride(file) || !jobs.has(confOf(file)));
  if (found.length === 0) {
    throw new DomstartError('job-file-missing', `no job files in ${path}`, {
      hint: 'job files end in .conf (in a folder named event.d: any file)',
    });
  }
  return found.sort().map((file) => ({
    file,
    name: relative(path, file).replace(eventd ? /$^/ : /\.(?:conf|override)$/, ''),
  }));
}

/** The job that an override is meant for. */
export function confOf(override: string): string {
  return override.replace(/override$/, 'conf');
}

async function filesIn(folder: string, isWanted: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw unreadable(folder, error);
  });
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (isFolderOfJobs(entry.name)) found.push(...(await filesIn(path, isWanted)));
    } else if (isWanted(entry.name) && isFile(entry, path)) {
      found.push(path);
    }
  }
  return found;
}

/** A link to a file counts as one; a link to a folder, to nothing, a pipe or a device do not. */
function isFile(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isFile();
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

export function unreadable(path: string, error: unknown): DomstartError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new DomstartError(
    'job-file-missing',
    missing ? `no such job file or folder: ${path}` : `cannot read ${path}: ${messageOf(error)}`,
    { cause: error },
  );
}
