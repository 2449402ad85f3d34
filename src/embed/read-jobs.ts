import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { dialectOf } from '../language/dialect-of.ts';
import { parseJob } from '../language/parse-job.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';

/** One job file as it was read: its text, what it means, and what is wrong with it. */
export interface JobFile {
  readonly file: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** Absent where the file has an error. */
  readonly job?: JobDefinition;
  readonly diagnostics: readonly Diagnostic[];
}

export interface ReadOptions {
  /** Overrides what the file's place and name suggest. */
  readonly dialect?: Dialect;
  readonly signal?: AbortSignal;
}

/**
 * Reads one job file, or all job files of a folder and its sub-folders in order of their names
 * (`*.conf`; in a folder named event.d every file, as Upstart 0.3 has it).
 */
export async function readJobs(path: string, options: ReadOptions = {}): Promise<JobFile[]> {
  const files = await jobFilesBelow(path, options.signal);
  return Promise.all(files.map(({ file, name }) => readJob(file, name, options)));
}

async function readJob(
  file: string,
  name: string | undefined,
  options: ReadOptions,
): Promise<JobFile> {
  const dialect = options.dialect ?? dialectOf(file);
  const text = await readFile(file, {
    encoding: 'utf8',
    ...(options.signal ? { signal: options.signal } : {}),
  }).catch((error) => {
    options.signal?.throwIfAborted();
    throw unreadable(file, error);
  });
  const parsed = parseJob({ text, file, dialect, ...(name === undefined ? {} : { name }) });
  return { file, dialect, text, ...parsed };
}

async function jobFilesBelow(
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ file: string; name?: string }[]> {
  signal?.throwIfAborted();
  const stats = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (!stats.isDirectory()) return [{ file: path }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error) => {
    throw unreadable(path, error);
  });
  const eventd = dialectOf(join(path, 'job')) === 'event.d';
  const found = entries
    .filter((entry) => !entry.isDirectory() && (eventd || entry.name.endsWith('.conf')))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (found.length === 0) {
    throw new DomstartError('job-file-missing', `no job files in ${path}`, {
      hint: 'job files end in .conf (in a folder named event.d: any file)',
    });
  }
  return found.map((file) => ({
    file,
    name: relative(path, file).replace(eventd ? /$^/ : /\.conf$/, ''),
  }));
}

function unreadable(path: string, error: unknown): DomstartError {
  const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return new DomstartError(
    'job-file-missing',
    missing ? `no such job file or folder: ${path}` : `cannot read ${path}: ${messageOf(error)}`,
    { cause: error },
  );
}
