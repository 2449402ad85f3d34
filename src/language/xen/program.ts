/**
 * What ends the parse of a config: the old `xm` ran its configs as Python, and those that need it
 * are told, not guessed at; and nobody can say which half of a merge conflict is meant.
 */
import { quoted, raise } from '../raise.ts';
import { peekToken, takeToken, type XenCursor, type XenToken } from './scan.ts';
import type { ValueNode } from './syntax.ts';

/** Words that begin a statement of Python, and what such a line does. */
export const STATEMENTS: ReadonlyMap<string, string> = new Map([
  ['import', 'imports a module'],
  ['from', 'imports from a module'],
  ['def', 'defines a function'],
  ['class', 'defines a class'],
  ['if', 'decides with `if`'],
  ['elif', 'decides with `elif`'],
  ['else', 'decides with `else`'],
  ['for', 'repeats with `for`'],
  ['while', 'repeats with `while`'],
  ['try', 'catches errors with `try`'],
  ['except', 'catches errors with `except`'],
  ['finally', 'catches errors with `finally`'],
  ['with', 'opens something with `with`'],
  ['print', 'prints'],
  ['raise', 'raises an error'],
  ['return', 'returns from a function'],
  ['exec', 'executes a text'],
  ['assert', 'asserts something'],
  ['global', 'declares a variable'],
  ['del', 'deletes a variable'],
  ['pass', 'has a block of its own'],
]);

interface Why {
  readonly from: number;
  readonly to: number;
  /** `calls a function`: goes on a sentence that begins with `it`. */
  readonly does: string;
}

/** Ends the parse: nothing behind it can be relied on. */
export function raiseProgram(cursor: XenCursor, { from, to, does }: Why): undefined {
  cursor.program = true;
  cursor.stopped = true;
  return raise(cursor, {
    code: 'xen-config-program',
    message: `A program, not a plain config: it ${does} here, as only the old xm could run it`,
    hint: 'write what it comes to for one guest as plain KEY = VALUE lines, as xl itself wants it',
    from,
    to,
  });
}

/** An operator behind a value. */
export function raiseComputed(cursor: XenCursor, { from, to, text }: XenToken): undefined {
  const does = text === '%' ? 'formats a text with `%`' : `computes a value with ${quoted(text)}`;
  return raiseProgram(cursor, { from, to, does });
}

/** A name where a value is wanted: a constant of Python, a call, a variable, or a lack of quotes. */
export function nameInValue(cursor: XenCursor): ValueNode | undefined {
  const name = takeToken(cursor);
  const { from, to, text } = name;
  if (text === 'True') return { kind: 'number', from, to, text: '1', value: 1 };
  if (text === 'False') return { kind: 'number', from, to, text: '0', value: 0 };
  const next = peekToken(cursor);
  const mark = next.kind === 'mark' ? next.text : '';
  if (mark === '(') return raiseProgram(cursor, { from, to, does: `calls ${quoted(`${text}()`)}` });
  if (mark === '.' || mark === '[') {
    return raiseProgram(cursor, { from, to, does: `looks something up in ${quoted(text)}` });
  }
  if (text === 'lambda' || text === 'not') {
    return raiseProgram(cursor, { from, to, does: `computes a value with ${quoted(text)}` });
  }
  if (cursor.names.has(text)) {
    return raiseProgram(cursor, { from, to, does: `uses the variable ${quoted(text)}` });
  }
  return raise(cursor, {
    code: 'xen-unquoted-text',
    message: `Expected a value: ${quoted(text)} is neither a number nor in quotes`,
    hint: `write "${text.slice(0, 60)}" if it is a text`,
    from,
    to,
  });
}

/** At its first line. */
export function raiseConflict(cursor: XenCursor, { from, to }: XenToken): undefined {
  cursor.stopped = true;
  return raise(cursor, {
    code: 'xen-merge-conflict',
    message: 'A merge conflict: two versions of these lines stand in the file',
    hint: 'keep one of them and take out the lines of `<`, `=` and `>`',
    from,
    to,
  });
}
