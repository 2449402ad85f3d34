/** A whole xl.cfg, or an old xm config as far as it is plain assignments. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import { MOST_ERRORS } from '../parse-stanzas.ts';
import { quoted, raise } from '../raise.ts';
import { createSource, type Source } from '../source.ts';
import { isMark, isOperator, parseValue } from './parse-value.ts';
import { raiseComputed, raiseConflict, raiseProgram, STATEMENTS } from './program.ts';
import {
  createXenCursor,
  moveTo,
  peekToken,
  takeToken,
  type XenCursor,
  type XenToken,
} from './scan.ts';
import type { AssignmentNode, ConfigNode } from './syntax.ts';

interface ParsedConfig extends ConfigNode {
  readonly source: Source;
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a Xen config. Never throws: whatever is wrong with the text is a diagnostic. */
export function parseXenConfig(text: string): ParsedConfig {
  const diagnostics: Diagnostic[] = [];
  const source = createSource(text);
  const cursor = createXenCursor(source, diagnostics);
  const assignments: AssignmentNode[] = [];
  while (!cursor.stopped) {
    const token = peekToken(cursor);
    if (token.kind === 'end') break;
    if (token.kind === 'newline' || isMark(token, ';')) {
      takeToken(cursor);
      continue;
    }
    const assignment = parseStatement(cursor);
    if (assignment !== undefined) {
      assignments.push(assignment);
      cursor.names.add(assignment.key.text);
      continue;
    }
    if (diagnostics.length > MOST_ERRORS) cursor.stopped = true;
    recover(cursor);
  }
  diagnostics.sort((a, b) => a.span.from - b.span.from);
  settle({ source, diagnostics });
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  const kind = cursor.program ? 'program' : failed ? 'broken' : 'plain';
  return { kind, source, assignments, comments: cursor.comments, diagnostics };
}

/** Puts the diagnostics in the order of the text, and one in the place of all that are too many. */
export function settle({ source, diagnostics }: Pick<XenCursor, 'source' | 'diagnostics'>): void {
  diagnostics.sort((a, b) => a.span.from - b.span.from);
  const [first] = diagnostics.splice(MOST_ERRORS);
  if (first === undefined) return;
  raise(
    { source, diagnostics },
    {
      code: 'too-many-errors',
      message: `Too many errors: those behind the first ${MOST_ERRORS} are not told`,
      hint: 'is it a Xen config?',
      from: first.span.from,
      to: first.span.from,
    },
  );
}

function parseStatement(cursor: XenCursor): AssignmentNode | undefined {
  const key = takeToken(cursor);
  if (key.kind === 'bad') return undefined;
  const next = peekToken(cursor);
  const operator = isMark(next, '=') ? '=' : isMark(next, '+=') ? '+=' : undefined;
  if (key.kind !== 'name' || operator === undefined) return raiseStatement(cursor, key, next);
  takeToken(cursor);
  const value = parseValue(cursor);
  if (value === undefined || !endStatement(cursor)) return undefined;
  const { comments } = cursor;
  cursor.comments = [];
  return { key, operator, value, comments };
}

/** Behind a value only a comment may follow on its line, or `;`. */
function endStatement(cursor: XenCursor): true | undefined {
  const next = peekToken(cursor);
  if (next.kind === 'newline' || next.kind === 'end' || isMark(next, ';')) return true;
  if (next.kind === 'bad') return undefined;
  if (isOperator(next)) return raiseComputed(cursor, next);
  return raise(cursor, {
    code: 'xen-unexpected-token',
    message: `Unexpected token: ${quoted(next.text)} stands behind a complete value`,
    hint: 'one KEY = VALUE a line, or `;` between them',
    from: next.from,
    to: next.to,
  });
}

function raiseStatement(cursor: XenCursor, first: XenToken, next: XenToken): undefined {
  const { from, to, text, kind } = first;
  if (isMark(first, '<<<<<<<')) return raiseConflict(cursor, first);
  const does = kind === 'name' ? doesOf(text, next) : undefined;
  if (does !== undefined) return raiseProgram(cursor, { from, to, does });
  return raise(cursor, {
    code: 'xen-expected-assignment',
    message: 'Expected KEY = VALUE',
    hint:
      kind === 'name' && next.kind !== 'bad'
        ? `\`=\` is missing behind ${quoted(text)}`
        : undefined,
    from,
    to,
  });
}

/** What a line of Python does that begins like this. */
function doesOf(text: string, next: XenToken): string | undefined {
  const statement = STATEMENTS.get(text);
  if (statement !== undefined) return statement;
  if (next.kind !== 'mark') return undefined;
  if (next.text === '(') return `calls ${quoted(`${text}()`)}`;
  if (next.text === '.' || next.text === '[') return `uses ${quoted(text)}`;
  return undefined;
}

const STATEMENT = new RegExp(
  `[ \\t]*(?:[A-Za-z_][A-Za-z0-9_]*[ \\t]*\\+?=(?!=)|(?:${[...STATEMENTS.keys()].join('|')})\\b)`,
  'y',
);
const CLOSING = /[ \t]*[\])]/y;

/**
 * Behind an error: to the next line; in a list to the line that closes it, or to one that begins
 * a statement.
 */
function recover(cursor: XenCursor): void {
  const { text } = cursor.source;
  const inList = cursor.depth > 0;
  cursor.depth = 0;
  cursor.ahead = undefined;
  if (inList && startsLine(text, cursor.at) && matches(STATEMENT, text, cursor.at)) return;
  let at = lineEnd(text, cursor.at);
  while (inList && at < text.length && !matches(STATEMENT, text, at)) {
    const closed = matches(CLOSING, text, at);
    at = lineEnd(text, at);
    if (closed) break;
  }
  moveTo(cursor, at);
}

function matches(form: RegExp, text: string, at: number): boolean {
  form.lastIndex = at;
  return form.test(text);
}

function startsLine(text: string, at: number): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, at - 80), at));
}

/** Behind the end of the line. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end + 1;
}
