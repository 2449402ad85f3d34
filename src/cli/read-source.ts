import { isUtf8 } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { readJobs } from '../embed/read-jobs.ts';
import { DomstartError } from '../model/errors.ts';
import type { Dialect } from '../model/job.ts';

/** The text of a job file, or of standard input, whose name is `-`. */
export interface JobSource {
  readonly file: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** NAME.override beside NAME.conf. */
  readonly override?: { readonly file: string; readonly text: string };
}

export interface SourceOptions {
  /** Overrides what the file's place and name suggest. */
  readonly dialect?: Dialect;
}

/** The job files of a path: a file, those of a folder, or standard input where it is `-`. */
export async function readSources(
  path: string,
  options: SourceOptions,
): Promise<readonly JobSource[]> {
  if (path === '-') return [await readStandardInput(options)];
  const files = await readJobs(path, options);
  for (const { file, diagnostics } of files) {
    if (diagnostics.some(({ code }) => code === 'invalid-utf8')) throw notText(file);
  }
  return files.map(({ file, dialect, text, override }) => ({
    file,
    dialect,
    text,
    ...(override === undefined ? {} : { override: { file: override.file, text: override.text } }),
  }));
}

async function readStandardInput({ dialect = 'domstart' }: SourceOptions): Promise<JobSource> {
  const bytes = await buffer(process.stdin);
  if (!isUtf8(bytes)) throw notText('-');
  return { file: '-', dialect, text: bytes.toString('utf8') };
}

/** Whatever is written of such a file would not have its bytes. */
function notText(file: string): DomstartError {
  return new DomstartError('job-invalid', `${file} is not UTF-8, so it cannot be written anew`, {
    hint: 'save it as UTF-8; `domstart check` shows the place',
  });
}
