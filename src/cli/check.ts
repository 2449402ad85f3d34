import { readFileSync } from 'node:fs';
import { type FoundFile, findJobFiles } from '../embed/find-job-files.ts';
import { readJobFiles } from '../embed/read-jobs.ts';
import { dialectOf } from '../language/dialect-of.ts';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { toDomstartError } from '../model/errors.ts';
import type { Dialect } from '../model/job.ts';
import { addWarnings, type CheckedFile } from './check-warnings.ts';
import { diagnosticJson, unreadableJson } from './diagnostic-json.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { readJobInput } from './read-source.ts';
import { styleFor } from './style.ts';

export interface CheckOptions {
  readonly json?: true;
  readonly dialect?: Dialect;
  /** Warnings fail the check. */
  readonly strict?: true;
  /** False: `sh -n` is not asked about scripts. */
  readonly sh: boolean;
}

/** `domstart check FILE…`: explains every error and warning of every file; 0 without errors. */
export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  let status: number = EXIT.ok;
  const unreadable: string[] = [];
  const onUnreadable = (error: unknown, file: string) => {
    status = fail(error);
    const dialect = options.dialect ?? dialectOf(file);
    const diagnostics = [unreadableJson(toDomstartError(error))];
    unreadable.push(JSON.stringify({ file, dialect, valid: false, diagnostics }));
  };
  const found = await Promise.all(
    paths.filter(isPath).map((path) =>
      findJobFiles(path, { loneOverrides: true }).catch((error) => {
        onUnreadable(error, path);
        return [];
      }),
    ),
  );
  const jobs = await readJobFiles(found.flat(), {
    ...options,
    onUnreadable,
    read: (file) => readFileSync(file),
  });
  if (!paths.every(isPath)) jobs.push(await readJobInput(options));
  const files = await addWarnings(jobs, {
    whole: found.some(isFolder),
    sh: options.sh,
    dialect: options.dialect,
  });
  // One write: thousands of small ones cost more than the reading.
  const lines = files.flatMap((file) =>
    options.json ? [JSON.stringify(toJson(file))] : report(file),
  );
  if (options.json) lines.push(...unreadable);
  if (lines.length > 0) print(lines.join('\n'));
  if (!options.json && files.length > 0) say(summary(files));
  if (files.some(({ valid }) => !valid)) return EXIT.jobInvalid;
  const warned = files.some(({ diagnostics }) => diagnostics.length > 0);
  return status === EXIT.ok && options.strict && warned ? EXIT.failed : status;
}

/** `-` is standard input. */
function isPath(path: string): boolean {
  return path !== '-';
}

/** Files of a folder have names below it. */
function isFolder(found: readonly FoundFile[]): boolean {
  return found.some(({ name }) => name !== undefined);
}

function report(file: CheckedFile): string[] {
  const style = styleFor(process.stdout);
  const { columns } = process.stdout;
  return file.diagnostics.map((diagnostic) =>
    renderDiagnostic(diagnostic, { ...file, columns }, style),
  );
}

function summary(files: readonly CheckedFile[]): string {
  const broken = files.filter(({ valid }) => !valid).length;
  const warnings = files.flatMap(({ diagnostics }) => diagnostics.filter(isWarning)).length;
  const verdict = broken === 0 ? 'valid' : `${broken} with errors`;
  return `${count(files.length, 'file')}: ${verdict}${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}`;
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}

function isWarning({ severity }: Diagnostic): boolean {
  return severity === 'warning';
}

/** The object that `--json` promises for each file. */
function toJson({ file, dialect, valid, diagnostics }: CheckedFile) {
  return { file, dialect, valid, diagnostics: diagnostics.map(diagnosticJson) };
}
