/** What must hold of every text, in every dialect. */
import { formatJob } from '../../src/language/format-job.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { MOST_ERRORS } from '../../src/language/parse-stanzas.ts';
import { printJob } from '../../src/language/print-job.ts';
import { renderDiagnostic } from '../../src/language/render-diagnostic.ts';
import { sameJob } from '../../src/language/same-job.ts';
import { createSource, positionOf } from '../../src/language/source.ts';
import { importXenConfig } from '../../src/language/xen/import-config.ts';
import type { Diagnostic } from '../../src/model/diagnostic.ts';
import type { Dialect, JobDefinition } from '../../src/model/job.ts';

/** What is wrong with how the language treats the text; undefined where nothing is. */
export function examine(text: string, dialect: Dialect): string | undefined {
  try {
    return examineParse(text, dialect);
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : String(error)}`;
  }
}

function examineParse(text: string, dialect: Dialect): string | undefined {
  const options = { text, file: 'any.conf', dialect };
  const { job, diagnostics } = parseJob(options);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  if (failed === (job !== undefined)) return 'a job with errors, or none without';
  return (
    examineCount(diagnostics) ??
    examineDiagnostics(text, diagnostics) ??
    (job && examineRoundTrip(job)) ??
    examineFormat(text, dialect)
  );
}

function examineCount({ length }: readonly Diagnostic[]): string | undefined {
  return length > MOST_ERRORS + 1 ? `${length} diagnostics` : undefined;
}

function examineDiagnostics(text: string, diagnostics: readonly Diagnostic[]): string | undefined {
  const source = createSource(text);
  let before = 0;
  for (const diagnostic of diagnostics) {
    const { code, span, related } = diagnostic;
    for (const { from, to, line, column } of [span, ...(related ? [related.span] : [])]) {
      if (!(from >= 0 && from <= to && to <= text.length)) return `${code}: span ${from}-${to}`;
      const place = positionOf(source, from);
      if (place.line !== line || place.column !== column)
        return `${code}: not at ${line}:${column}`;
    }
    if (span.from < before) return `${code}: out of order`;
    before = span.from;
    const shown = renderDiagnostic(diagnostic, { file: 'any.conf', text });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal may see these
    if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(shown))
      return `${code}: a terminal would act on it`;
    if (shown.length > 4000) return `${code}: shown in ${shown.length} characters`;
  }
  return undefined;
}

/** What is printed is an equal job, and printing that gives the same text. */
function examineRoundTrip(job: JobDefinition): string | undefined {
  const printed = printJob(job);
  if (printed.kind === 'unprintable') {
    const [first] = printed.problems;
    return first?.code === 'unprintable' ? `cannot be printed: ${first.message}` : undefined;
  }
  const { name, dialect } = job;
  const again = parseJob({ text: printed.text, file: 'any.conf', name, dialect }).job;
  if (again === undefined || !sameJob(job, again))
    return `printed as another job:\n${printed.text}`;
  const twice = printJob(again);
  if (twice.kind !== 'printed' || twice.text !== printed.text) return 'printed otherwise next time';
  return undefined;
}

/** Formatting what is formatted changes nothing. */
function examineFormat(text: string, dialect: Dialect): string | undefined {
  const options = { text, file: 'any.conf', dialect };
  const formatted = formatJob(options);
  if (formatted.kind === 'invalid') return undefined;
  const again = formatJob({ ...options, text: formatted.text });
  return again.kind === 'formatted' && again.text === formatted.text
    ? undefined
    : `formatted otherwise next time:\n${formatted.text}`;
}

/** The same for a text that is read as a Xen config. */
export function examineXen(text: string): string | undefined {
  try {
    return examineDiagnostics(text, importXenConfig(text).diagnostics);
  } catch (error) {
    return `xen: threw ${error instanceof Error ? error.stack : String(error)}`;
  }
}
