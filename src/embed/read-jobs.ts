import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { throwIfCancelled } from '../engine/abortable.ts';
import { dialectOf } from '../language/dialect-of.ts';
import { jobNameOf } from '../language/job-name.ts';
import { parseJob } from '../language/parse-job.ts';
import type { JobSyntax } from '../language/syntax.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import { decodeText, invalidText } from './decode-text.ts';
import { type FoundFile, findJobFiles, unreadable } from './find-job-files.ts';

/** One job file as it was read: its text, what it means, and what is wrong with it. */
export interface JobFile {
  readonly file: string;
  /** The job's name, known where the job itself is not. */
  readonly name: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** Absent where the file has an error. */
  readonly job?: JobDefinition;
  readonly diagnostics: readonly Diagnostic[];
  /** What stands where in the text. */
  readonly syntax: JobSyntax;
  /** NAME.override beside NAME.conf; the job is what both make of it. */
  readonly override?: OverrideFile;
}

/** Stanzas on top of a job. An error cuts it short: what stands before the error is applied. */
export interface OverrideFile {
  readonly file: string;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly syntax: JobSyntax;
}

export interface ReadOptions {
  /** Overrides what the file's place and name suggest. */
  readonly dialect?: Dialect;
  readonly signal?: AbortSignal;
}

/**
 * Reads one job file, or all job files of a folder and its sub-folders in order of their names
 * (`*.conf`; in a folder named event.d every file that is neither hidden nor a leftover of an editor
 * or package). NAME.override beside NAME.conf is read on top of it.
 */
export async function readJobs(path: string, options: ReadOptions = {}): Promise<JobFile[]> {
  return readJobFiles(await findJobFiles(path, { signal: options.signal }), options);
}

/** So many files are open at a time, whatever the size of the folder. */
const AT_ONCE = 16;

interface ReadFilesOptions extends ReadOptions {
  /** Called for each file that cannot be read; without it the first one ends it all. */
  readonly onUnreadable?: (error: unknown, file: string) => void;
  /**
   * How a file is read. A command that does nothing else reads synchronously: of thousands of small
   * files, most of the time goes into handing them to other threads.
   */
  readonly read?: (file: string) => Promise<Buffer> | Buffer;
}

/** Reads files, in their order. */
export async function readJobFiles(
  found: readonly FoundFile[],
  options: ReadFilesOptions = {},
): Promise<JobFile[]> {
  const files: (JobFile | undefined)[] = new Array(found.length);
  let next = 0;
  const readOn = async () => {
    while (next < found.length) {
      const at = next++;
      const one = found[at] as FoundFile;
      try {
        files[at] = await readJob(one, options);
      } catch (error) {
        if (options.onUnreadable === undefined || options.signal?.aborted) throw error;
        options.onUnreadable(error, one.file);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readOn));
  return files.filter((file) => file !== undefined);
}

async function readJob({ file, name }: FoundFile, options: ReadFilesOptions): Promise<JobFile> {
  const dialect = options.dialect ?? dialectOf(file);
  const bytes = await readBytes(file, options);
  const over = dialect === 'event.d' ? undefined : overrideOf(file);
  const override =
    over === undefined ? undefined : { file: over, bytes: await readBytes(over, options) };
  return decodeJob(bytes, {
    file,
    dialect,
    ...(name === undefined ? {} : { name }),
    ...(override === undefined ? {} : { override }),
  });
}

/** The file of the override, where there is one. */
function overrideOf(file: string): string | undefined {
  if (!file.endsWith('.conf')) return undefined;
  const override = `${file.slice(0, -'conf'.length)}override`;
  return existsSync(override) && statSync(override).isFile() ? override : undefined;
}

async function readBytes(file: string, { signal, read }: ReadFilesOptions): Promise<Buffer> {
  try {
    refuseOthers(statSync(file));
    return await (read === undefined ? readFile(file, signal && { signal }) : read(file));
  } catch (error) {
    throwIfCancelled(signal, `reading ${file}`);
    throw unreadable(file, error);
  }
}

/** A thousand times what a long job has. */
const MAX_MIB = 16;

/** Throws where it is no job file: a pipe may never end, a device never does. */
export function refuseOthers(stats: { isFile(): boolean; readonly size: number }): void {
  if (!stats.isFile()) throw new Error('it is no regular file');
  const mib = stats.size / 2 ** 20;
  if (mib > MAX_MIB) {
    throw new Error(`it has ${mib.toFixed(0)} MiB, more than the ${MAX_MIB} MiB of a job file`);
  }
}

interface JobBytes extends FoundFile {
  readonly dialect: Dialect;
  readonly override?: { readonly file: string; readonly bytes: Buffer };
}

/** A job file whose bytes have been read. */
export function decodeJob(bytes: Buffer, { file, dialect, name, override }: JobBytes): JobFile {
  const { text, invalidAt } = decodeText(bytes);
  const over = override && { file: override.file, ...decodeText(override.bytes) };
  const { job, ...parsed } = parseJob({
    text,
    file,
    dialect,
    ...(name === undefined ? {} : { name }),
    ...(over === undefined ? {} : { override: over.text }),
  });
  const problem = invalidAt === undefined ? undefined : invalidText(text, invalidAt, job);
  const problemOver =
    over?.invalidAt === undefined ? undefined : invalidText(over.text, over.invalidAt, job);
  const sound = [problem, problemOver].every((one) => one?.severity !== 'error');
  const { syntax } = parsed;
  return {
    file,
    name: name ?? jobNameOf(file, dialect),
    dialect,
    text,
    ...(job === undefined || !sound ? {} : { job }),
    diagnostics: withProblem(parsed.diagnostics, problem),
    syntax,
    ...(over === undefined || parsed.override === undefined
      ? {}
      : {
          override: {
            file: over.file,
            text: over.text,
            diagnostics: withProblem(parsed.override.diagnostics, problemOver),
            syntax: parsed.override.syntax,
          },
        }),
  };
}

function withProblem(
  diagnostics: readonly Diagnostic[],
  problem: Diagnostic | undefined,
): readonly Diagnostic[] {
  if (problem === undefined) return diagnostics;
  return [...diagnostics, problem].sort((a, b) => a.span.from - b.span.from);
}
