/** A job file of one kind of Upstart as one of the other. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import { type Conversion, changed, refuseAt, stanzasNamed, warnAt } from './conversion.ts';
import { checkEnvironment, checkProcesses } from './convert-environment.ts';
import { isSilentInModern, toModern } from './convert-to-modern.ts';
import { isSilentInOld, toOld } from './convert-to-old.ts';
import { createCursor } from './cursor.ts';
import { placesOf } from './format-stanza.ts';
import { type ParseOptions, parseJob } from './parse-job.ts';
import { printJob } from './print-job.ts';
import { quoted, raise } from './raise.ts';
import { createSource, spanOf } from './source.ts';
import { STANZAS } from './stanzas/table.ts';
import type { StanzaNode } from './syntax.ts';

/** The dialects that jobs are converted to; the others are `init` and more. */
export type TargetDialect = 'event.d' | 'init';

export interface ConvertOptions extends ParseOptions {
  readonly to: TargetDialect;
}

export interface ConvertResult {
  /** Absent where a diagnostic is an error. */
  readonly converted?: { readonly text: string; readonly job: JobDefinition };
  /** In the order of the source, with its places. */
  readonly diagnostics: readonly Diagnostic[];
  /** Present where an override was given; the places are in its own text. */
  readonly override?: { readonly diagnostics: readonly Diagnostic[] };
}

/**
 * The job in the other dialect, such that it does the same. What cannot be said there is an error
 * at its place; what has another default there is written out.
 */
export function convertJob(options: ConvertOptions): ConvertResult {
  const { override, ...own } = options;
  if (override === undefined) return convertText(own);
  const apart = parseJob(options);
  const found = apart.override?.diagnostics ?? [];
  // The override counts up to its first error; who converts should know, and mend it.
  if (apart.job === undefined || hasErrors(found)) {
    return { diagnostics: apart.diagnostics, override: { diagnostics: found } };
  }
  const { diagnostics, ...result } = convertText({ ...own, text: own.text + BETWEEN + override });
  const start = own.text.length + BETWEEN.length;
  const source = createSource(override);
  return {
    ...result,
    diagnostics: diagnostics.filter(({ span }) => span.from < start),
    override: {
      diagnostics: diagnostics
        .filter(({ span }) => span.from >= start)
        .map((one) => ({
          ...one,
          span: spanOf(source, one.span.from - start, one.span.to - start),
        })),
    },
  };
}

/**
 * A sound override is read by the same rules on top of the job, so both are one text. The empty
 * line ends one that a backslash joins to the next.
 */
const BETWEEN = '\n\n';

function convertText({ to, ...options }: Omit<ConvertOptions, 'override'>): ConvertResult {
  const { job, diagnostics: found, syntax } = parseJob(options);
  if (job === undefined) return { diagnostics: found };
  const { source, node } = syntax;
  const diagnostics = [...found];
  const cursor = createCursor({ source, dialect: job.dialect, diagnostics });
  const conversion: Conversion = { job, to, stanzas: node.stanzas, cursor };
  const result = convert(conversion);
  const printed = hasErrors(diagnostics) ? undefined : print(conversion, result);
  diagnostics.sort((a, b) => a.span.from - b.span.from);
  if (printed === undefined || hasErrors(diagnostics)) return { diagnostics };
  return { converted: { text: headOf(conversion) + printed, job: result }, diagnostics };
}

function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error');
}

function convert(conversion: Conversion): JobDefinition {
  const { job, to } = conversion;
  const isOld = job.dialect === 'event.d';
  const isSilent = isOld ? isSilentInModern : isSilentInOld;
  const same = isOld === (to === 'event.d');
  for (const node of conversion.stanzas) {
    if (has(to, node) || (!same && isSilent(node))) continue;
    refuseAt(conversion, node.words, `it has no ${quoted(node.stanza.words)}`);
  }
  warnAboutComments(conversion);
  if (same) return changed(job, { dialect: to });
  checkEnvironment(conversion);
  checkProcesses(conversion);
  return isOld ? toModern(conversion) : toOld(conversion);
}

function has(dialect: Dialect, { stanza }: StanzaNode): boolean {
  return STANZAS.some(
    ({ words, dialects }) => words === stanza.words && dialects.includes(dialect),
  );
}

function print(conversion: Conversion, job: JobDefinition): string | undefined {
  const result = printJob(job);
  if (result.kind === 'printed') return result.text;
  for (const { words = '', ...problem } of result.problems) {
    const { from, to } = stanzasNamed(conversion, words)[0]?.words ?? { from: 0, to: 0 };
    raise(conversion.cursor, { ...problem, from, to });
  }
  return undefined;
}

/**
 * Comments among the stanzas have no place in a job, and so none in the text that is made of it.
 * Where no code is, a `#` begins one.
 */
function warnAboutComments(conversion: Conversion): void {
  const { cursor, stanzas } = conversion;
  const code = stanzas.flatMap(placesOf);
  for (const [index, { to }] of code.entries()) {
    const at = cursor.text.slice(to, code[index + 1]?.from).indexOf('#');
    if (at < 0) continue;
    const place = { from: to + at, to: to + at + 1 };
    const message = 'Comments behind or below the first stanza are left out';
    warnAt(conversion, place, { code: 'comment-left-out', message });
    return;
  }
}

/** The comments above the first stanza, and an empty line. */
function headOf({ cursor, stanzas }: Conversion): string {
  const head = cursor.text.slice(0, stanzas[0]?.from ?? cursor.end);
  const lines = head.split('\n').map((line) => line.trim());
  const comments = lines.filter((line) => line.startsWith('#'));
  return comments.length === 0 ? '' : `${comments.join('\n')}\n\n`;
}
