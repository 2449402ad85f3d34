import { convertJob, type TargetDialect } from '../language/convert-job.ts';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import { DomstartError } from '../model/errors.ts';
import { diagnosticJson } from './diagnostic-json.ts';
import { EXIT } from './exit-codes.ts';
import { print, say } from './output.ts';
import { type JobSource, readSources, type SourceOptions } from './read-source.ts';
import { styleFor } from './style.ts';

export interface ConvertOptions extends SourceOptions {
  readonly to: TargetDialect;
  readonly json?: true;
}

/** `domstart convert --to DIALECT FILE`: prints the job as the other kind of Upstart reads it. */
export async function convert(path: string, options: ConvertOptions): Promise<number> {
  const { to, json } = options;
  const source = await readOne(path, options);
  const { file, dialect, text, override } = source;
  const on = override === undefined ? {} : { override: override.text };
  const result = convertJob({ file, dialect, text, ...on, to });
  const { converted, diagnostics } = result;
  const ofOverride = result.override?.diagnostics ?? [];
  if (json) {
    const printed = converted === undefined ? {} : { text: converted.text };
    const valid = converted !== undefined;
    const told = { diagnostics: diagnostics.map(diagnosticJson) };
    const over = override && {
      override: { file: override.file, diagnostics: ofOverride.map(diagnosticJson) },
    };
    print(JSON.stringify({ file, dialect, to, converted: valid, ...printed, ...told, ...over }));
  } else {
    const style = styleFor(process.stderr);
    for (const diagnostic of diagnostics) say(renderDiagnostic(diagnostic, source, style));
    if (override !== undefined) {
      for (const one of ofOverride) say(renderDiagnostic(one, override, style));
    }
    if (converted !== undefined) process.stdout.write(converted.text);
  }
  return converted === undefined ? EXIT.jobInvalid : EXIT.ok;
}

async function readOne(path: string, options: SourceOptions): Promise<JobSource> {
  const [source, ...others] = await readSources(path, options);
  if (source !== undefined && others.length === 0) return source;
  throw new DomstartError('job-unknown', `convert takes one job file, and ${path} holds several`, {
    hint: 'call it once for each of them',
  });
}
