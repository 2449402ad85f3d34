/**
 * Where to go on after an error, so that one mistake is reported once: behind the line it stands
 * on, with the lines joined to it, the parentheses it opened and the script it began.
 */
import type { Cursor } from './cursor.ts';
import { isScriptEnd, scriptEnd } from './parse-block.ts';
import { stanzasOf } from './stanzas/table.ts';

interface Failed {
  /** Where the stanza began. */
  readonly from: number;
  /** It was most likely meant to begin a script. */
  readonly script: boolean;
}

/** Behind the stanza that failed at the cursor. */
export function recover(cursor: Cursor, { from, script }: Failed): void {
  const { text } = cursor;
  const start = lineEnd(cursor, Math.max(from, cursor.at - 1));
  let end = start;
  while (end < cursor.end && text[end - 1] === '\\') end = lineEnd(cursor, end + 1);
  cursor.at = Math.min(end + 1, cursor.end);
  if (/\bscript[ \t\r]*$/.test(text.slice(Math.max(from, end - 40), end))) skipScript(cursor);
  else if (script) skipLikelyScript(cursor, from - lineStart(cursor, from));
}

function lineStart(cursor: Cursor, from: number): number {
  return from === 0 ? 0 : cursor.text.lastIndexOf('\n', from - 1) + 1;
}

function lineEnd(cursor: Cursor, from: number): number {
  const end = cursor.text.indexOf('\n', from);
  return end < 0 ? cursor.end : Math.min(end, cursor.end);
}

/** A line that ends in `script` was meant to begin one, whatever was wrong with it. */
function skipScript(cursor: Cursor): void {
  cursor.at = scriptEnd(cursor)?.next ?? cursor.at;
}

/** A script whose first line is wrong has seldom more lines; nobody shall look further again and again. */
const LONGEST_SCRIPT = 1000;

/**
 * Behind `end script`, unless a stanza comes before it. Commands have the names of stanzas too
 * (`exec`, `kill`), but stand further right than the line that begins their script.
 */
function skipLikelyScript(cursor: Cursor, indent: number): void {
  let at = cursor.at;
  for (let line = 0; line < LONGEST_SCRIPT && at < cursor.end; line += 1) {
    if (isScriptEnd(cursor, at)) {
      cursor.at = Math.min(lineEnd(cursor, at) + 1, cursor.end);
      return;
    }
    const blanks = /[ \t]*/y;
    blanks.lastIndex = at;
    blanks.test(cursor.text);
    if (blanks.lastIndex - at <= indent && startsStanza(cursor, at)) return;
    at = lineEnd(cursor, at) + 1;
  }
}

/** To the line that closes the parentheses of a broken expression, or before the next stanza. */
export function skipParentheses(cursor: Cursor, open: number): void {
  const { text } = cursor;
  let depth = open;
  let at = cursor.at;
  while (depth > 0 && at < cursor.end) {
    const end = lineEnd(cursor, at);
    for (; at < end; at += 1) {
      if (text[at] === '(') depth += 1;
      else if (text[at] === ')') depth -= 1;
    }
    if (depth <= 0 || startsStanza(cursor, end + 1)) {
      cursor.at = end;
      return;
    }
    at = end + 1;
  }
}

function startsStanza(cursor: Cursor, from: number): boolean {
  const word = /[ \t\r]*([a-z-]*)/y;
  word.lastIndex = from;
  return stanzasOf(cursor.dialect).next.has(word.exec(cursor.text)?.[1] ?? '');
}
