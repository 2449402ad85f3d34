/**
 * The tokens of xl.cfg, and of the Python that the old `xm` read: names, numbers, texts in quotes
 * of one or of three characters, and marks. A backslash joins lines; comments are set aside.
 */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { Token } from '../cursor.ts';
import { raise } from '../raise.ts';
import type { Source } from '../source.ts';
import { decodeText } from './decode-text.ts';

export interface XenToken extends Token {
  /** `bad` has been reported. The text of a `text` is what its quotes hold, escapes replaced. */
  readonly kind: 'name' | 'number' | 'text' | 'mark' | 'newline' | 'end' | 'bad';
}

export interface XenCursor {
  readonly source: Source;
  readonly diagnostics: Diagnostic[];
  /** Comments that nobody has claimed yet. */
  comments: Token[];
  at: number;
  /** The token at `at`, where it has been looked at. */
  ahead: XenToken | undefined;
  /** Lists that are open. */
  depth: number;
  /** Keys that have a value by now, which Python could use as variables. */
  readonly names: Set<string>;
  /** Set when nothing that follows is of interest. */
  stopped: boolean;
  program: boolean;
}

export function createXenCursor(source: Source, diagnostics: Diagnostic[]): XenCursor {
  const at = source.text.startsWith('\uFEFF') ? 1 : 0;
  return {
    source,
    diagnostics,
    comments: [],
    at,
    ahead: undefined,
    depth: 0,
    names: new Set(),
    stopped: false,
    program: false,
  };
}

const BLANK = /(?:[ \t\r\f]|\\\r?\n)*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /[0-9][0-9A-Za-z_.]*/y;
const COMMENT = /#[^\n]*/y;
const MARK = /\+=|==|<{7}|./suy;
/** Without escapes, which is nearly all of them. */
const PLAIN_TEXT = /"(?!"")[^"\\\n]*"|'(?!'')[^'\\\n]*'/y;
const QUOTE = /"""|'''|["']/y;

/** The token at the cursor; it stays there. */
export function peekToken(cursor: XenCursor): XenToken {
  cursor.ahead ??= scanToken(cursor);
  return cursor.ahead;
}

/** The token at the cursor, which goes behind it. */
export function takeToken(cursor: XenCursor): XenToken {
  const token = peekToken(cursor);
  cursor.at = token.to;
  cursor.ahead = undefined;
  return token;
}

/** Puts the cursor at an offset. */
export function moveTo(cursor: XenCursor, at: number): void {
  cursor.at = at;
  cursor.ahead = undefined;
}

function scanToken(cursor: XenCursor): XenToken {
  const { text } = cursor.source;
  const from = skip(cursor);
  const first = text[from];
  if (first === undefined) return { kind: 'end', from, to: from, text: '' };
  if (first === '\n') return { kind: 'newline', from, to: from + 1, text: first };
  return (
    match('name', NAME, text, from) ??
    match('number', NUMBER, text, from) ??
    scanText(cursor, from) ??
    match('mark', MARK, text, from) ?? { kind: 'bad', from, to: from + 1, text: first }
  );
}

/** Behind blanks and a comment. */
function skip(cursor: XenCursor): number {
  const { text } = cursor.source;
  BLANK.lastIndex = cursor.at;
  BLANK.test(text);
  const from = BLANK.lastIndex;
  if (text[from] !== '#') return from;
  COMMENT.lastIndex = from;
  const comment = COMMENT.exec(text)?.[0] ?? '';
  const to = from + comment.length;
  cursor.comments.push({ from, to, text: comment.slice(1).trimEnd() });
  return to;
}

function match(
  kind: XenToken['kind'],
  form: RegExp,
  text: string,
  from: number,
): XenToken | undefined {
  form.lastIndex = from;
  const found = form.exec(text)?.[0];
  return found === undefined ? undefined : { kind, from, to: from + found.length, text: found };
}

function scanText(cursor: XenCursor, from: number): XenToken | undefined {
  const { text } = cursor.source;
  PLAIN_TEXT.lastIndex = from;
  if (PLAIN_TEXT.test(text)) {
    const to = PLAIN_TEXT.lastIndex;
    return { kind: 'text', from, to, text: text.slice(from + 1, to - 1) };
  }
  QUOTE.lastIndex = from;
  const quote = QUOTE.exec(text)?.[0];
  if (quote === undefined) return undefined;
  const to = closingQuote(text, from + quote.length, quote);
  if (to === undefined) return raiseUnterminated(cursor, from, quote);
  const body = { from: from + quote.length, to: to - quote.length };
  return { kind: 'text', from, to, text: decodeText(cursor, body) };
}

/** Behind the quote that closes; a quote of one character must close on its own line. */
function closingQuote(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (character === '\n' && quote.length === 1) return undefined;
  }
  return undefined;
}

function raiseUnterminated(cursor: XenCursor, from: number, quote: string): XenToken {
  const { text } = cursor.source;
  const end = quote.length === 1 ? text.indexOf('\n', from) : -1;
  const to = end < 0 ? text.length : end;
  raise(cursor, {
    code: 'unterminated-quote',
    message: 'Unterminated quoted string: the quote is never closed',
    hint: 'a string ends on the line that it begins on, with the quote that it began with',
    from,
    to: from + quote.length,
  });
  return { kind: 'bad', from, to, text: text.slice(from, to) };
}
