/**
 * Where to go on after an error, so that one mistake is reported once: behind the line it stands
 * on, with the lines joined to it, the parentheses it opened and the script it began.
 */
import type { Cursor } from './cursor.ts';
import { scriptEnd } from './parse-block.ts';
import { stanzasOf } from './stanzas/table.ts';

/** Behind the stanza that began at `from` and failed at the cursor. */
export function recover(cursor: Cursor, from: number): void {
  const { text } = cursor;
  const start = lineEnd(cursor, Math.max(from, cursor.at - 1));
  let end = start;
  while (end < cursor.end && text[end - 1] === '\\') end = lineEnd(cursor, end + 1);
  cursor.at = Math.min(end + 1, cursor.end);
  if (/\bscript[ \t\r]*$/.test(text.slice(Math.max(from, end - 40), end))) skipScript(cursor);
}

function lineEnd(cursor: Cursor, from: number): number {
  const end = cursor.text.indexOf('\n', from);
  return end < 0 ? cursor.end : Math.min(end, cursor.end);
}

/** A line that ends in `script` was meant to begin one, whatever was wrong with it. */
function skipScript(cursor: Cursor): void {
  cursor.at = scriptEnd(cursor)?.next ?? cursor.at;
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
