/**
 * A job file with its white space put in order. What the user wrote stays: words, quotes, comments,
 * their order, and everything inside of commands, scripts and what runs over several lines.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import { DomstartError } from '../model/errors.ts';
import { formatStanza, lengthWithout, type StanzaLines } from './format-stanza.ts';
import { type ParseOptions, parseJob } from './parse-job.ts';
import { INDENT } from './print-block.ts';
import { sameJob } from './same-job.ts';
import type { JobNode } from './syntax.ts';

export type FormatResult =
  | { readonly kind: 'formatted'; readonly text: string }
  /** A file with errors stays as it is. */
  | { readonly kind: 'invalid'; readonly diagnostics: readonly Diagnostic[] };

/** Formats one job file. Its job is the same before and after, or this throws `internal`. */
export function formatJob(options: ParseOptions): FormatResult {
  const { job, diagnostics, syntax } = parseJob(options);
  if (job === undefined) return { kind: 'invalid', diagnostics };
  const { text, file } = options;
  const { node, guest } = syntax;
  const lines = formatRegion({ text, node, guest, from: 0, to: text.length, indent: '' });
  // Upstart 0.3 accepts a file of blank lines, but none that is empty.
  const formatted = lines.length > 0 || text !== '' ? `${lines.join('\n')}\n` : '';
  const after = parseJob({ ...options, text: formatted }).job;
  if (after !== undefined && sameJob(job, after)) return { kind: 'formatted', text: formatted };
  throw new DomstartError('internal', `formatting ${file} would have changed the job in it`, {
    hint: 'the file was left as it is',
  });
}

interface OverrideOptions extends ParseOptions {
  readonly override: string;
}

/** Formats NAME.override; what it makes of the job, whose text is beside it, stays the same. */
export function formatOverride(options: OverrideOptions): FormatResult {
  const { job, override } = parseJob(options);
  const diagnostics = override?.diagnostics ?? [];
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  // Of a job that is broken nobody can say whether it stays.
  if (override === undefined || job === undefined || failed)
    return { kind: 'invalid', diagnostics };
  const text = options.override;
  const { node, guest } = override.syntax;
  const lines = formatRegion({ text, node, guest, from: 0, to: text.length, indent: '' });
  const formatted = lines.length > 0 ? `${lines.join('\n')}\n` : '';
  const after = parseJob({ ...options, override: formatted }).job;
  if (after !== undefined && sameJob(job, after)) return { kind: 'formatted', text: formatted };
  throw new DomstartError(
    'internal',
    `formatting the override of ${options.file} would change it`,
    {
      hint: 'the file was left as it is',
    },
  );
}

interface Region {
  readonly text: string;
  readonly node: JobNode;
  readonly guest?: JobNode | undefined;
  readonly from: number;
  readonly to: number;
  readonly indent: string;
}

/** The lines of a whole file, or of what stands between `guest NAME` and `end guest`. */
function formatRegion(region: Region): readonly string[] {
  const { text, node, from, to, indent } = region;
  const lines: string[] = [];
  let at = from;
  for (const stanza of node.stanzas) {
    pushGap(lines, text.slice(at, stanza.from), indent);
    const { first, inner, last, end } = formatStanza(text, stanza);
    lines.push(indent + first);
    for (const line of formatInner(region, inner)) lines.push(line);
    if (last !== undefined) lines.push(indent + last);
    at = end;
  }
  pushGap(lines, text.slice(at, to), indent);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

function formatInner(region: Region, inner: StanzaLines['inner']): readonly string[] {
  const { text, guest, indent } = region;
  switch (inner.kind) {
    case 'nothing':
      return [];
    case 'script': {
      // Its indentation is part of it where an empty line prevents that it is removed.
      const fixed = inner.source.includes('');
      return fixed ? inner.source : inner.lines.map((line) => indent + INDENT + line);
    }
    case 'guest': {
      const { from, to } = inner;
      if (guest === undefined) return [];
      return formatRegion({ text, node: guest, from, to, indent: indent + INDENT });
    }
  }
}

/** Comments and blank lines; of these one in a row, and none at the beginning. */
function pushGap(lines: string[], gap: string, indent: string): void {
  const pieces = gap.split('\n');
  for (const [index, piece] of pieces.entries()) {
    const comment = trimBlanks(piece);
    if (comment !== '') lines.push(indent + comment);
    else if (index < pieces.length - 1 && lines.length > 0 && lines.at(-1) !== '') lines.push('');
  }
}

/** Without the white space around it, as Upstart counts white space. */
function trimBlanks(line: string): string {
  return line.slice(0, lengthWithout(line, ' \t\r\0')).replace(/^[ \t\r\0]+/, '');
}
