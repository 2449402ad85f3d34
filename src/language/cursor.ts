/**
 * The cursor is the only thing that changes while a file is parsed. A function that fails has
 * reported why and returns undefined; its caller returns too, up to the loop over stanzas, which
 * goes on at the next line.
 */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Dialect } from '../model/job.ts';
import type { Source } from './source.ts';

export interface Cursor {
  readonly source: Source;
  readonly text: string;
  readonly dialect: Dialect;
  /** Nothing is read at or behind this offset. */
  readonly end: number;
  readonly diagnostics: Diagnostic[];
  /** Offsets from which a line of some form was looked for in vain; keeps the time linear. */
  readonly inVain: Map<RegExp, number>;
  at: number;
  /** Set when what follows cannot be made sense of: an open quote swallows the rest. */
  stopped: boolean;
}

export interface CursorOptions {
  readonly source: Source;
  readonly dialect: Dialect;
  readonly diagnostics: Diagnostic[];
  readonly from?: number;
  readonly to?: number;
}

export function createCursor(options: CursorOptions): Cursor {
  const { source, dialect, diagnostics, from = 0, to = source.text.length } = options;
  const { text } = source;
  const inVain = new Map<RegExp, number>();
  return { source, text, dialect, end: to, diagnostics, inVain, at: from, stopped: false };
}

/** A piece of text with its place; `from` and `to` are offsets. */
export interface Token {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** NUL counts as white space, as it does in Upstart's strchr. */
function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\r' || character === '\0';
}

/** White space only: what may stand before a stanza. */
export function skipIndent(cursor: Cursor): void {
  while (cursor.at < cursor.end && isBlank(cursor.text[cursor.at])) cursor.at += 1;
}

/** White space and escaped newlines: what may stand between the words of a stanza. */
export function skipBlanks(cursor: Cursor): void {
  skipIndent(cursor);
  while (cursor.at + 1 < cursor.end && cursor.text.startsWith('\\\n', cursor.at)) {
    cursor.at += 2;
    skipIndent(cursor);
  }
}

/** The character at the cursor; the empty string at the end. */
export function peek(cursor: Cursor): string {
  return cursor.at < cursor.end ? (cursor.text[cursor.at] ?? '') : '';
}

/** Whether the line goes on with something that is not a comment. */
export function hasToken(cursor: Cursor): boolean {
  const next = peek(cursor);
  return next !== '' && next !== '#' && next !== '\n';
}

/** Past a comment, if there is one, and the end of the line. */
export function skipLine(cursor: Cursor): void {
  const at = cursor.text.indexOf('\n', cursor.at);
  cursor.at = at < 0 || at >= cursor.end ? cursor.end : at + 1;
}
