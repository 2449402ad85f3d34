import { existsSync } from 'node:fs';
import { confOf } from '../embed/find-job-files.ts';
import type { JobFile } from '../embed/read-jobs.ts';
import { dialectOf } from '../language/dialect-of.ts';
import { parseJob } from '../language/parse-job.ts';
import { spanOf } from '../language/source.ts';
import type { JobSyntax } from '../language/syntax.ts';
import { checkJobs } from '../language/warnings/check-jobs.ts';
import type { WrittenJob } from '../language/warnings/written-job.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { DomstartError } from '../model/errors.ts';
import type { Dialect } from '../model/job.ts';
import { say } from './output.ts';
import { shellWarnings } from './shell-warnings.ts';

/** A file with all that is to be told of it: a job's own, or an override. */
export interface CheckedFile {
  readonly file: string;
  readonly dialect: Dialect;
  readonly text: string;
  readonly syntax: JobSyntax;
  readonly valid: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

interface WarningOptions {
  /** The files are a folder, so that what is not among them is nowhere. */
  readonly whole: boolean;
  readonly sh: boolean;
  /** What the user said that they are. */
  readonly dialect?: Dialect | undefined;
}

/** The files, overrides behind their jobs, with the warnings among their diagnostics. */
export async function addWarnings(
  jobs: readonly JobFile[],
  { whole, sh, dialect }: WarningOptions,
): Promise<CheckedFile[]> {
  const files = jobs.flatMap((job) =>
    isOverride(job) ? [overrideAlone(job, dialect)] : filesOf(job),
  );
  const ofJobs = checkJobs(jobs.filter((job) => !isOverride(job)).flatMap(written), {
    whole,
    broken: jobs.filter(isBroken),
  });
  const ofScripts = sh ? await shellWarnings(files).catch(withoutShell) : undefined;
  return files.map((file) => {
    const more = [...(ofJobs.get(file.file) ?? []), ...(ofScripts?.get(file.file) ?? [])];
    if (more.length === 0) return file;
    const diagnostics = [...file.diagnostics, ...more];
    return { ...file, diagnostics: diagnostics.sort((a, b) => a.span.from - b.span.from) };
  });
}

function filesOf({ file, dialect, text, syntax, job, diagnostics, override }: JobFile) {
  const own = { file, dialect, text, syntax, diagnostics, valid: job !== undefined };
  if (override === undefined) return [own];
  return [own, { ...override, dialect, valid: isValid(override) }];
}

/** An override that was read by itself is no job, and 0.3 knows none. */
function isOverride({ file, dialect }: JobFile): boolean {
  return file.endsWith('.override') && dialect !== 'event.d';
}

/** It is read as stanzas on top of whatever job. */
function overrideAlone(read: JobFile, told: Dialect | undefined): CheckedFile {
  const { file, text } = read;
  const conf = confOf(file);
  const dialect = told ?? dialectOf(conf);
  const { override } = parseJob({ text: '', override: text, file: conf, dialect });
  const diagnostics = [
    ...read.diagnostics.filter(({ code }) => code === 'invalid-utf8'),
    // What is missing may stand in the job.
    ...(override?.diagnostics ?? []).filter(({ code }) => !code.startsWith('missing-')),
  ];
  const syntax = override?.syntax ?? read.syntax;
  const valid = isValid({ diagnostics });
  if (!existsSync(conf)) diagnostics.unshift(withoutJob(syntax, conf));
  return { file, dialect, text, syntax, valid, diagnostics };
}

function withoutJob({ source, node }: JobSyntax, conf: string): Diagnostic {
  const { from, to } = node.stanzas[0]?.words ?? { from: 0, to: 0 };
  return {
    severity: 'warning',
    code: 'override-without-job',
    message: `Override without a job: there is no ${conf}, so this file has no effect`,
    hint: 'rename it, or write that file',
    span: spanOf(source, from, to),
  };
}

function written({ file, job, syntax, override }: JobFile): WrittenJob[] {
  if (job === undefined) return [];
  const texts = [{ file, ...syntax }];
  if (override !== undefined) texts.push({ file: override.file, ...override.syntax });
  return [{ job, texts }];
}

/** Also where it is only cut short by an error of its override. */
function isBroken({ job, override }: JobFile): boolean {
  return job === undefined || (override !== undefined && !isValid(override));
}

function isValid({ diagnostics }: Pick<JobFile, 'diagnostics'>): boolean {
  return diagnostics.every(({ severity }) => severity !== 'error');
}

function withoutShell(error: unknown): undefined {
  if (!(error instanceof DomstartError)) throw error;
  say(`scripts are not checked: ${error.message}`);
}
