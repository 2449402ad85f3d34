import { parseJob } from '../language/parse-job.ts';
import type { Dialect } from '../model/job.ts';
import type { JobFile } from './read-jobs.ts';

export interface TextOptions {
  /** What its errors call it. */
  readonly file: string;
  readonly name: string;
  readonly dialect: Dialect;
}

/** A text that was in no file, as a file that was read. */
export function parseText(text: string, options: TextOptions): JobFile {
  const { job, diagnostics, syntax } = parseJob({ text, ...options });
  return { ...options, text, diagnostics, syntax, ...(job === undefined ? {} : { job }) };
}
