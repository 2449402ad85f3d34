import { renderDiagnostic } from '../language/render-diagnostic.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import { type JobFile, type OverrideFile, type ReadOptions, readJobs } from './read-jobs.ts';

interface JobFileErrorOptions {
  /** What the texts are of, where they are of no files: the message then tells the errors too. */
  readonly of?: string;
}

/** Some of the job files, or the text of a job, have errors; nothing was loaded. */
export class JobFileError extends DomstartError {
  // Whoever prints an error wants no syntax trees with it.
  readonly #files: readonly JobFile[];

  constructor(files: readonly JobFile[], { of }: JobFileErrorOptions = {}) {
    const errors = files.flatMap((file) => errorsOf(file));
    const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
    const summary = `${count} in ${of ?? namesOf(files)}`;
    super('job-invalid', of === undefined ? summary : `${summary}\n${render(files)}`);
    this.name = 'JobFileError';
    this.#files = files;
  }

  /** Every file with an error, with its text and diagnostics. */
  get files(): readonly JobFile[] {
    return this.#files;
  }

  /** The errors as `domstart check` prints them. */
  render(): string {
    return render(this.#files);
  }
}

function render(files: readonly JobFile[]): string {
  return files
    .flatMap((file) => [file, ...(file.override === undefined ? [] : [file.override])])
    .map(renderErrors)
    .filter((text) => text !== '')
    .join('\n');
}

export interface LoadOptions extends ReadOptions {
  /** Called for each override that has an error; its job is loaded with what stands before it. */
  readonly onBrokenOverride?: (override: OverrideFile) => void;
}

/**
 * Reads a job file, or a folder of them, and gives the jobs.
 *
 * Rejects with a JobFileError when any file has an error, and with a DomstartError
 * `job-file-missing` when there is nothing to read.
 */
export async function loadJobs(path: string, options: LoadOptions = {}): Promise<JobDefinition[]> {
  const files = await readJobs(path, options);
  const broken = files.filter((file) => file.job === undefined);
  if (broken.length > 0) throw new JobFileError(broken);
  for (const { override } of files) {
    if (override?.diagnostics.some(isError)) options.onBrokenOverride?.(override);
  }
  return files.map((file) => file.job as JobDefinition);
}

/** The errors of one text as `domstart check` prints them. */
export function renderErrors(text: JobFile | OverrideFile): string {
  const errors = text.diagnostics.filter(isError);
  return errors.map((error) => renderDiagnostic(error, text)).join('\n');
}

function errorsOf({ diagnostics, override }: JobFile): Diagnostic[] {
  return [...diagnostics, ...(override?.diagnostics ?? [])].filter(isError);
}

function isError(diagnostic: Diagnostic): boolean {
  return diagnostic.severity === 'error';
}

function namesOf(files: readonly JobFile[]): string {
  return files.length === 1 ? (files[0] as JobFile).file : `${files.length} files`;
}
