/** Diagnostics about places in the text that a cursor goes through. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Cursor } from './cursor.ts';
import { positionOf, spanOf } from './source.ts';

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

interface Place {
  readonly from: number;
  readonly to: number;
}

export interface RaiseOptions extends Problem, Place {
  readonly severity?: Diagnostic['severity'];
  readonly related?: { readonly message: string; readonly at: Place };
}

export function raise(
  cursor: Pick<Cursor, 'source' | 'diagnostics'>,
  options: RaiseOptions,
): undefined {
  const { severity = 'error', code, message, hint, from, to, related } = options;
  cursor.diagnostics.push({
    severity,
    code,
    message,
    span: spanOf(cursor.source, from, to),
    ...(hint === undefined ? {} : { hint }),
    ...(related === undefined
      ? {}
      : {
          related: {
            message: related.message,
            span: spanOf(cursor.source, related.at.from, related.at.to),
          },
        }),
  });
}

/**
 * The part of `place` that is on the line where Upstart notices an error about it: a token that
 * runs over several lines is reported with its last one.
 */
export function lastLineOf(cursor: Cursor, place: Place): Place {
  const { line } = positionOf(cursor.source, place.to);
  const start = cursor.source.lineStarts[line - 1] ?? 0;
  if (start <= place.from) return place;
  const blank = /[ \t]*/y;
  blank.lastIndex = start;
  blank.exec(cursor.text);
  return { from: Math.min(blank.lastIndex, place.to), to: place.to };
}

/**
 * The text between backticks, shortened: it comes from the file and may be of any size. A byte
 * order mark would not be seen.
 */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `\`${short.replaceAll('\uFEFF', '<byte order mark>')}\``;
}
