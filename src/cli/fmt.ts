import { formatJob, formatOverride } from '../language/format-job.ts';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { diagnosticJson } from './diagnostic-json.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { type JobSource, readSources, type SourceOptions } from './read-source.ts';
import { replaceFile } from './replace-file.ts';
import { styleFor } from './style.ts';

export interface FmtOptions extends SourceOptions {
  /** Change nothing, only tell. */
  readonly check?: true;
  readonly json?: true;
}

/**
 * `domstart fmt FILE…`: puts the white space of job files in order, in place, and names those that
 * were changed (or with `--check` would be); `-` goes from standard input to standard output.
 */
export async function fmt(paths: readonly string[], options: FmtOptions): Promise<number> {
  let failure: number = EXIT.ok;
  let changed = 0;
  const onError = (error: unknown) => {
    failure = fail(error);
    return [];
  };
  for (const path of paths) {
    for (const source of await readSources(path, { ...options, onError, overrides: true }).catch(
      onError,
    )) {
      const outcome = await formatSource(source, options).catch(onError);
      if (outcome === 'invalid') failure = EXIT.jobInvalid;
      if (outcome === 'changed') changed += 1;
    }
  }
  if (failure !== EXIT.ok) return failure;
  return options.check && changed > 0 ? EXIT.failed : EXIT.ok;
}

async function formatSource(
  source: JobSource,
  { check, json }: FmtOptions,
): Promise<'same' | 'changed' | 'invalid'> {
  const { file, dialect, text, base } = source;
  const result =
    base === undefined
      ? formatJob({ file, dialect, text })
      : formatOverride({ ...base, dialect, override: text });
  const diagnostics = result.kind === 'invalid' ? result.diagnostics : [];
  const formatted = result.kind === 'formatted' ? result.text : text;
  const changed = formatted !== text;
  if (changed && !check && file !== '-') await replaceFile(file, formatted);
  if (json) {
    const valid = result.kind === 'formatted';
    const written = file === '-' && !check && valid ? { text: formatted } : {};
    const told = diagnostics.map(diagnosticJson);
    print(JSON.stringify({ file, dialect, valid, changed, ...written, diagnostics: told }));
  } else {
    for (const diagnostic of diagnostics) sayDiagnostic(diagnostic, source);
    if (file === '-' && !check) process.stdout.write(result.kind === 'formatted' ? formatted : '');
    else if (changed) print(file);
  }
  if (result.kind === 'invalid') return 'invalid';
  return changed ? 'changed' : 'same';
}

function sayDiagnostic(diagnostic: Diagnostic, source: JobSource): void {
  say(renderDiagnostic(diagnostic, source, styleFor(process.stderr)));
}
