import { isUtf8 } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import { confOf, findJobFiles } from '../embed/find-job-files.ts';
import { decodeJob, type JobFile, readJobFiles } from '../embed/read-jobs.ts';
import { dialectOf } from '../language/dialect-of.ts';
import { DomstartError } from '../model/errors.ts';
import type { Dialect } from '../model/job.ts';

/** The text of a job file, or of standard input, whose name is `-`. */
export interface JobSource {
  readonly file: string;
  readonly dialect: Dialect;
  readonly text: string;
  /** NAME.override beside NAME.conf. */
  readonly override?: { readonly file: string; readonly text: string };
  /** Of an override that was found in a folder: the job that it stands on. */
  readonly base?: { readonly file: string; readonly text: string };
}

export interface SourceOptions {
  /** Overrides what the file's place and name suggest. */
  readonly dialect?: Dialect;
}

interface ReadSourcesOptions extends SourceOptions {
  /** Called for each file that cannot be read or written anew; without it the first one ends it all. */
  readonly onError?: (error: unknown) => void;
  /** In a folder, overrides are sources of their own. */
  readonly overrides?: boolean;
}

/** The job files of a path: a file, those of a folder, or standard input where it is `-`. */
export async function readSources(
  path: string,
  { onError, overrides = false, ...options }: ReadSourcesOptions,
): Promise<readonly JobSource[]> {
  if (path === '-') return [await readStandardInput(options)];
  const found = await findJobFiles(path, { loneOverrides: overrides });
  const isFolder = found.some(({ name }) => name !== undefined);
  const files = await readJobFiles(found, {
    ...options,
    ...(onError === undefined ? {} : { onUnreadable: onError }),
  });
  return files.flatMap((file) => {
    const { override } = file;
    const foreign = [file, ...(override === undefined ? [] : [override])].find(isForeign);
    if (foreign === undefined)
      return overrides && isFolder ? apart(file, options) : [sourceOf(file)];
    const error = notText(foreign.file);
    if (onError === undefined) throw error;
    onError(error);
    return [];
  });
}

function sourceOf({ file, dialect, text, override }: JobFile): JobSource {
  const source = { file, dialect, text };
  if (override === undefined) return source;
  return { ...source, override: { file: override.file, text: override.text } };
}

/** A job and its override, or an override that has none, which stands on nothing. */
function apart(read: JobFile, options: SourceOptions): JobSource[] {
  const { file, dialect, text, override } = read;
  if (file.endsWith('.override') && dialect !== 'event.d') {
    const conf = confOf(file);
    return [
      {
        file,
        dialect: options.dialect ?? dialectOf(conf),
        text,
        base: { file: conf, text: '' },
      },
    ];
  }
  const own = { file, dialect, text };
  return override === undefined
    ? [own]
    : [own, { file: override.file, dialect, text: override.text, base: own }];
}

function isForeign({ diagnostics }: Pick<JobFile, 'diagnostics'>): boolean {
  return diagnostics.some(({ code }) => code === 'invalid-utf8');
}

async function readStandardInput({ dialect = 'domstart' }: SourceOptions): Promise<JobSource> {
  const bytes = await buffer(process.stdin);
  if (!isUtf8(bytes)) throw notText('-');
  return { file: '-', dialect, text: bytes.toString('utf8') };
}

/** Standard input as a job file whose name is `-`. */
export async function readJobInput({ dialect = 'domstart' }: SourceOptions): Promise<JobFile> {
  return decodeJob(await buffer(process.stdin), { file: '-', dialect });
}

/** Whatever is written of such a file would not have its bytes. */
function notText(file: string): DomstartError {
  return new DomstartError('job-invalid', `${file} is not UTF-8, so it cannot be written anew`, {
    hint: 'save it as UTF-8; `domstart check` shows the place',
  });
}
