import { dialectOf } from '../language/dialect-of.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import { filled, isRecord, object, text, word } from './check-shape.ts';
import { compileJobObject } from './compile-job-object.ts';
import type { JobObject } from './job-object.ts';
import { JobObjectError } from './job-object-error.ts';
import { JobFileError } from './load-jobs.ts';
import { parseText } from './parse-text.ts';

/** A job as the text of its job file. */
export interface JobText {
  readonly name: string;
  readonly text: string;
  /** Default: what `file` suggests, or `domstart`, which has every stanza of `init` and its own. */
  readonly dialect?: Dialect;
  /** Where the text comes from: for errors, and for names of files that are relative to it. */
  readonly file?: string;
}

type Keys<Union> = Union extends unknown ? keyof Union : never;

/** One of the union, without any key that only others have. */
type Alone<One, Union> = One & { readonly [Key in Exclude<Keys<Union>, keyof One>]?: never };

/** A job in whatever form: compiled (by loadJobs, parseJob, toJob), as a text, or as an object. */
export type JobSource =
  | JobDefinition
  | Alone<JobText, JobText | JobObject>
  | Alone<JobObject, JobText | JobObject>;

/**
 * The job. Throws a JobFileError where a text has errors and a JobObjectError where an object has
 * keys or values that no job has; both are DomstartErrors `job-invalid`, whose message tells every
 * error with its place.
 */
export function toJob(source: JobSource): JobDefinition {
  if (isCompiled(source)) return source;
  return isText(source) ? compileText(source) : compileJobObject(source);
}

function isCompiled(source: JobSource): source is JobDefinition {
  return isRecord(source) && isRecord(source['processes']) && 'dialect' in source;
}

function isText(source: Exclude<JobSource, JobDefinition>): source is JobText {
  return isRecord(source) && source['text'] !== undefined;
}

const jobText = object(
  {
    name: filled,
    text,
    dialect: word('event.d', 'init', 'chromeos', 'domstart'),
    file: filled,
  },
  { required: ['name', 'text'] },
);

function compileText(source: JobText): JobDefinition {
  const problems = jobText(source, '');
  if (problems.length > 0) throw new JobObjectError('the text of a job', problems);
  const { name, text, file, dialect } = source;
  const label = file ?? `job ${name}`;
  const read = parseText(text, {
    name,
    file: label,
    dialect: dialect ?? (file === undefined ? 'domstart' : dialectOf(file)),
  });
  if (read.job === undefined) throw new JobFileError([read], { of: label });
  if (file !== undefined) return read.job;
  const { file: _, ...job } = read.job;
  return job;
}
