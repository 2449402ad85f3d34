/** Reading tokens as Upstart does (UPSTART.md, section 3). */
import type { Dialect } from '../model/job.ts';
import { type Cursor, hasToken, skipBlanks, skipLine, type Token } from './cursor.ts';
import { quoted, raise } from './raise.ts';
import { positionOf } from './source.ts';

/**
 * word      a stanza's name or argument
 * operand   the same in `start on`, where parentheses stand for themselves
 * command   the rest of the line behind `exec`
 */
type TokenClass = 'word' | 'operand' | 'command';

/* NUL counts as white space and as a delimiter, as it does in Upstart's strchr. */
const DELIMITERS: Record<TokenClass, string> = {
  word: ' \t\r\0#\n',
  operand: ' \t\r\0#\n()',
  command: '#\n\0',
};
const PLAIN: Record<TokenClass, RegExp> = {
  word: /[^ \t\r\0#\n"'\\]+/y,
  operand: /[^ \t\r\0#\n"'\\()]+/y,
  command: /[^#\n\0"'\\]+/y,
};
const WHITE = ' \t\r\0';

interface ReadOptions {
  readonly as: TokenClass;
  /** Keep quotes and backslashes: names, keywords and commands are compared or run as they are. */
  readonly raw?: true;
  /** What the token is called where it is missing. */
  readonly missing?: string;
}

/** The token at the cursor and the blanks behind it; undefined where there is none or it is empty. */
export function readToken(cursor: Cursor, options: ReadOptions): Token | undefined {
  const token = hasToken(cursor) ? scanToken(cursor, options) : emptyToken(cursor);
  if (token === undefined) return undefined;
  if (token.text === '') return raiseExpectedToken(cursor, token, options.missing);
  if (options.as !== 'command') skipBlanks(cursor);
  return token;
}

function emptyToken(cursor: Cursor): Token {
  return { from: cursor.at, to: cursor.at, text: '' };
}

function raiseExpectedToken(cursor: Cursor, token: Token, name = 'something'): undefined {
  const empty = token.to > token.from;
  return raise(cursor, {
    code: 'expected-token',
    message: `Expected token: ${empty ? 'an argument cannot be empty' : `${name} is missing here`}`,
    from: token.from,
    to: token.to,
  });
}

function scanToken(cursor: Cursor, options: ReadOptions): Token | undefined {
  const { text, at: from, end } = cursor;
  const plain = PLAIN[options.as];
  plain.lastIndex = from;
  const stop = plain.test(text) ? Math.min(plain.lastIndex, end) : from;
  const next = stop < end ? (text[stop] ?? '') : '';
  if (next !== '"' && next !== "'" && next !== '\\') {
    cursor.at = stop;
    return { from, to: stop, text: text.slice(from, endOfText(text, from, stop)) };
  }
  return scanQuoted(cursor, options);
}

/** White space at the very end does not belong to a token. */
function endOfText(text: string, from: number, to: number): number {
  let end = to;
  while (end > from && WHITE.includes(text[end - 1] ?? '')) end -= 1;
  return end;
}

/** A token with quotes, escapes or joined lines, character by character. */
function scanQuoted(cursor: Cursor, { as, raw }: ReadOptions): Token | undefined {
  const { text, at: from, end } = cursor;
  const delimiters = DELIMITERS[as];
  let result = '';
  /** White space not yet written: dropped at the end, one blank where lines are joined. */
  let white = '';
  let joined = false;
  let quote = '';
  let quoteAt = from;
  const write = (characters: string) => {
    result += (joined ? ' ' : white) + characters;
    white = '';
    joined = false;
  };
  let at = from;
  for (; at < end; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\') {
      at += 1;
      if (at >= end) return raiseTrailingSlash(cursor);
      const escaped = text[at] ?? '';
      if (escaped === '\n') joined = true;
      else if (raw || !losesBackslash(cursor.dialect, escaped)) write(`\\${escaped}`);
      else write(escaped);
    } else if (quote !== '') {
      if (character === quote) {
        quote = '';
        if (raw || !joined) write(raw ? character : '');
      } else if (character === '\n') joined = true;
      else if (WHITE.includes(character)) white += character;
      else write(character);
    } else if (character === '"' || character === "'") {
      quote = character;
      quoteAt = at;
      write(raw ? character : '');
    } else if (delimiters.includes(character)) break;
    else if (WHITE.includes(character)) white += character;
    else write(character);
  }
  if (quote !== '') return raiseUnterminatedQuote(cursor, quoteAt);
  cursor.at = at;
  return { from, to: at, text: result };
}

/** Upstart 1.x keeps the backslash except before itself and white space; 0.3.x never keeps it. */
function losesBackslash(dialect: Dialect, escaped: string): boolean {
  return dialect === 'event.d' || escaped === '\\' || WHITE.includes(escaped);
}

function raiseTrailingSlash(cursor: Cursor): undefined {
  cursor.stopped = true;
  cursor.at = cursor.end;
  return raise(cursor, {
    code: 'trailing-slash',
    message: 'Trailing slash in file: there is no next line to join',
    from: cursor.end - 1,
    to: cursor.end,
  });
}

function raiseUnterminatedQuote(cursor: Cursor, opened: number): undefined {
  cursor.stopped = true;
  cursor.at = cursor.end;
  const { line, column } = positionOf(cursor.source, opened);
  return raise(cursor, {
    code: 'unterminated-quote',
    message: `Unterminated quoted string: the quote at line ${line}, column ${column} is never closed`,
    hint: 'close it, or write an apostrophe inside double quotes',
    from: cursor.end,
    to: cursor.end,
    related: { message: 'opened here', at: { from: opened, to: opened + 1 } },
  });
}

/** Past the end of a line on which nothing but a comment may follow; the hint is for what does. */
export function endLine(cursor: Cursor, hint?: string): true | undefined {
  if (hasToken(cursor)) return raiseUnexpected(cursor, hint);
  skipLine(cursor);
  return true;
}

function raiseUnexpected(cursor: Cursor, hint: string | undefined): undefined {
  const from = cursor.at;
  const pattern = PLAIN.word;
  pattern.lastIndex = from;
  const to = pattern.test(cursor.text) ? Math.min(pattern.lastIndex, cursor.end) : from + 1;
  return raise(cursor, {
    code: 'unexpected-token',
    message: `Unexpected token: ${quoted(cursor.text.slice(from, to))} stands behind a complete stanza`,
    hint,
    from,
    to,
  });
}
