import { findJobFiles, type JobFile, readJobFiles } from '../embed/read-jobs.ts';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import type { Dialect } from '../model/job.ts';
import { diagnosticJson } from './diagnostic-json.ts';
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
  const onUnreadable = (error: unknown) => {
    status = fail(error);
    return [];
  };
  const found = await Promise.all(paths.map((path) => findJobFiles(path).catch(onUnreadable)));
  const files = await readJobFiles(found.flat(), { ...options, onUnreadable });
  // One write: thousands of small ones cost more than the reading.
  const lines = files.flatMap((file) =>
    options.json ? [JSON.stringify(toJson(file))] : report(file),
  );
  if (lines.length > 0) print(lines.join('\n'));
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
    diagnostics: file.diagnostics.map(diagnosticJson),
  };
}
