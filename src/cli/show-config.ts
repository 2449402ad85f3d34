import { readJobs } from '../embed/read-jobs.ts';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import { configOf, showConfig as linesOf } from '../language/show-config.ts';
import type { Dialect } from '../model/job.ts';
import { enumerateConfig } from './control/enumerate.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { readJobInput } from './read-source.ts';
import { styleFor } from './style.ts';

export interface ShowConfigOptions {
  readonly json?: true;
  readonly enumerate?: true;
  readonly dialect?: Dialect;
}

/** `domstart show-config FILE…`: prints of each job what `initctl show-config` prints of it. */
export async function showConfig(
  paths: readonly string[],
  options: ShowConfigOptions,
): Promise<number> {
  let status: number = EXIT.ok;
  for (const path of paths) {
    try {
      const files = path === '-' ? [await readJobInput(options)] : await readJobs(path, options);
      for (const file of files) {
        // It counts up to its first error, so there is a job to show all the same.
        if (file.override?.diagnostics.some(({ severity }) => severity === 'error')) {
          status = EXIT.jobInvalid;
          for (const diagnostic of file.override.diagnostics) {
            say(renderDiagnostic(diagnostic, file.override, styleFor(process.stderr)));
          }
        }
        if (file.job === undefined) {
          status = EXIT.jobInvalid;
          for (const diagnostic of file.diagnostics) {
            say(renderDiagnostic(diagnostic, file, styleFor(process.stderr)));
          }
        } else if (options.json) {
          print(JSON.stringify({ file: file.file, ...configOf(file.job) }));
        } else {
          const config = configOf(file.job);
          print((options.enumerate ? enumerateConfig(config) : linesOf(config)).join('\n'));
        }
      }
    } catch (error) {
      status = fail(error);
    }
  }
  return status;
}
