/** Blocks: `script … end script` and `guest … end guest` (UPSTART.md, section 4). */
import type { Cursor, Token } from './cursor.ts';
import { raise } from './raise.ts';
import { endLine } from './read-token.ts';
import { positionOf } from './source.ts';

const SCRIPT_END = /[ \t\r\0]*end[ \t\r\0]+script[ \t\r\0]*(?:#[^\n]*)?(?:\n|$)/y;
const GUEST_END = /[ \t\r\0]*end[ \t\r\0]+guest[ \t\r\0]*(?:#[^\n]*)?(?:\n|$)/y;
/** Behind its words lines may be joined. */
const SCRIPT_START =
  /[ \t\r\0]*(?:(?:pre|post)-(?:start|stop)(?:[ \t\r\0]|\\\n)+)?script(?:[ \t\r\0]|\\\n)*(?:#[^\n]*)?\n/y;

interface BlockEnd {
  /** Where the closing line begins. */
  readonly to: number;
  /** Where the line after it begins. */
  readonly next: number;
}

/** The line at `at`, if it is of that form. */
function matchLine(cursor: Cursor, at: number, form: RegExp): BlockEnd | undefined {
  form.lastIndex = at;
  if (!form.test(cursor.text)) return undefined;
  return { to: at, next: Math.min(form.lastIndex, cursor.end) };
}

function nextLine(cursor: Cursor, at: number): number {
  const end = cursor.text.indexOf('\n', at);
  return end < 0 ? cursor.end : end + 1;
}

/** The first line at or behind `from` of that form; undefined where there is none. */
function findLine(cursor: Cursor, from: number, form: RegExp): BlockEnd | undefined {
  if (from >= (cursor.inVain.get(form) ?? Number.POSITIVE_INFINITY)) return undefined;
  for (let at = from; at < cursor.end; at = nextLine(cursor, at)) {
    const found = matchLine(cursor, at, form);
    if (found !== undefined) return found;
  }
  cursor.inVain.set(form, from);
  return undefined;
}

/** Whether the line at `at` ends a script. */
export function isScriptEnd(cursor: Cursor, at: number): boolean {
  return matchLine(cursor, at, SCRIPT_END) !== undefined;
}

/** The end of a script whose first line begins at the cursor. */
export function scriptEnd(cursor: Cursor): BlockEnd | undefined {
  return findLine(cursor, cursor.at, SCRIPT_END);
}

/** The lines up to `end script`, from behind the word `script`. */
export function parseScript(
  cursor: Cursor,
  opened: { from: number; to: number },
): Token | undefined {
  if (!endLine(cursor)) return undefined;
  const from = cursor.at;
  const end = scriptEnd(cursor);
  if (end === undefined) return raiseUnterminated(cursor, opened);
  cursor.at = end.next;
  return { from, to: end.to, text: withoutIndent(cursor.text.slice(from, end.to)) };
}

function raiseUnterminated(cursor: Cursor, opened: { from: number; to: number }): undefined {
  cursor.stopped = true;
  cursor.at = cursor.end;
  const { line } = positionOf(cursor.source, opened.from);
  return raise(cursor, {
    code: 'unterminated-block',
    message: `Unterminated block: the script of line ${line} has no \`end script\``,
    hint: 'the words `end script` must stand on a line of their own',
    from: cursor.end,
    to: cursor.end,
    related: { message: 'begins here', at: opened },
  });
}

/** Without the white space that all lines begin with; an empty line has none. */
function withoutIndent(text: string): string {
  let indent = /^[ \t\r\0]*/.exec(text)?.[0] ?? '';
  for (let at = 0; at >= 0 && at < text.length && indent !== ''; ) {
    while (!text.startsWith(indent, at)) indent = indent.slice(0, -1);
    const end = text.indexOf('\n', at);
    at = end < 0 ? text.length : end + 1;
  }
  if (indent === '') return text;
  const lines = text.split('\n');
  return lines.map((line) => line.slice(indent.length)).join('\n');
}

/**
 * The end of a guest whose first line begins at the cursor. An `end guest` inside one of its
 * scripts belongs to the script. Which dialect the guest has may be said behind it, so its stanzas
 * are skipped here by what all dialects have in common.
 */
export function guestEnd(cursor: Cursor): BlockEnd | undefined {
  for (let at = cursor.at; at < cursor.end; ) {
    const script = matchLine(cursor, at, SCRIPT_START);
    const end = matchLine(cursor, at, GUEST_END);
    if (end !== undefined) return end;
    // A script without its end is an error of its own, told when the guest is parsed.
    at = script === undefined ? behindStanza(cursor, at) : behindScript(cursor, script.next);
  }
  return undefined;
}

/**
 * Behind the line at `from` and those that quotes and backslashes join to it. None of them reaches
 * over a line `end guest`: more often than meant so, a quote has been forgotten.
 */
function behindStanza(cursor: Cursor, from: number): number {
  const { text, end } = cursor;
  let quote = '';
  for (let at = from; at < end; at += 1) {
    const character = text[at];
    if (character === '\\') at += 1;
    else if (character === quote) quote = '';
    else if (quote === '') {
      if (character === '\n') return at + 1;
      if (character === '#') return nextLine(cursor, at);
      if (character === '"' || character === "'") quote = character;
    }
    if (text[at] === '\n' && matchLine(cursor, at + 1, GUEST_END) !== undefined) return at + 1;
  }
  return end;
}

function behindScript(cursor: Cursor, body: number): number {
  return findLine(cursor, body, SCRIPT_END)?.next ?? body;
}
