import { type JobFile, readJobs } from '../embed/read-jobs.ts';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Dialect } from '../model/job.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { styleFor } from './style.ts';

export interface CheckOptions {
  readonly json?: true;
  readonly dialect?: Dialect;
}

/** `domstart check FILE…`: explains every error of every file; 0 when all are valid. */
export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  let status: number = EXIT.ok;
  const files: JobFile[] = [];
  for (const path of paths) {
    try {
      files.push(...(await readJobs(path, options)));
    } catch (error) {
      status = fail(error);
    }
  }
  for (const file of files) {
    if (options.json) print(JSON.stringify(toJson(file)));
    else for (const line of report(file)) print(line);
  }
  const broken = files.filter((file) => file.job === undefined).length;
  if (!options.json && files.length > 0) say(summary(files.length, broken));
  return broken > 0 ? EXIT.jobInvalid : status;
}

function report(file: JobFile): string[] {
  const style = styleFor(process.stdout);
  return file.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, file, style));
}

function summary(total: number, broken: number): string {
  const files = total === 1 ? '1 file' : `${total} files`;
  return broken === 0 ? `${files}: valid` : `${files}: ${broken} with errors`;
}

/** The object that `--json` promises for each file. */
function toJson(file: JobFile) {
  return {
    file: file.file,
    dialect: file.dialect,
    valid: file.job !== undefined,
    diagnostics: file.diagnostics.map(flatten),
  };
}

function flatten({ severity, code, message, hint, span }: Diagnostic) {
  const { line, column, endLine, endColumn } = span;
  return {
    severity,
    code,
    line,
    column,
    endLine,
    endColumn,
    message,
    ...(hint === undefined ? {} : { hint }),
  };
}
