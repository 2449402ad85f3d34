import { MARK_WORDS, type Mark, type MarkWord } from '../../model/guest-protocol.ts';

/** Longest line that is passed on; what is longer comes in pieces of at most this many characters. */
const MAX_LINE = 4096;

export interface ConsoleLines {
  push(text: string): void;
  /** The guest is gone: what it left without a line end is a line too. */
  end(): void;
}

/**
 * Text in pieces of any size becomes lines without their ends, and marks of the guest's init.
 * A line ends with LF, with CRs and a LF, or with a CR alone (a progress bar). Memory stays bounded
 * whatever comes: a line without end is cut, but never through the beginning of a mark, because a
 * mark may stand behind output that lacks its line end.
 */
export function createConsoleLines(options: {
  readonly prefix: string;
  readonly onLine: (text: string) => void;
  readonly onMark: (mark: Mark) => void;
}): ConsoleLines {
  const { prefix, onLine, onMark } = options;
  let pending = '';
  /** Up to here `pending` holds no line end. */
  let scanned = 0;

  function finish(line: string): void {
    const at = line.indexOf(prefix);
    if (at < 0) {
      onLine(line);
      return;
    }
    if (at > 0) onLine(line.slice(0, at));
    const mark = parseMark(line.slice(at + prefix.length));
    if (mark !== undefined) onMark(mark);
  }

  function takeWholeLines(): void {
    let from = 0;
    let end = findLineEnd(pending, scanned);
    while (end !== undefined) {
      const line = pending.slice(from, end.at);
      // A CR alone at the start of a line shows nothing.
      if (end.newline || line !== '') finish(line);
      from = end.next;
      end = findLineEnd(pending, from);
    }
    pending = pending.slice(from);
    // CRs at the end may belong to a LF that is still to come; one of them stands for all.
    scanned = withoutCarriageReturns(pending).length;
    pending = pending.slice(0, scanned + 1);
  }

  function cutEndlessLine(): void {
    while (scanned > MAX_LINE) {
      const at = pending.indexOf(prefix);
      // Only our own init knows the prefix, and what it says is short: no need to cut.
      if (at === 0) return;
      const end = at > 0 ? Math.min(at, MAX_LINE) : cutLength(pending, prefix);
      onLine(pending.slice(0, end));
      pending = pending.slice(end);
      scanned -= end;
    }
  }

  return {
    push(text) {
      pending += text;
      takeWholeLines();
      cutEndlessLine();
    },
    end() {
      const rest = withoutCarriageReturns(pending);
      pending = '';
      scanned = 0;
      if (rest !== '') finish(rest);
    },
  };
}

/** The first line end at or after `from`; undefined where more text must come to tell. */
function findLineEnd(
  text: string,
  from: number,
): { readonly at: number; readonly next: number; readonly newline: boolean } | undefined {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1;
  let next = at;
  while (text[next] === '\r') next += 1;
  if (next === text.length) return undefined;
  const newline = text[next] === '\n';
  return { at, next: newline ? next + 1 : next, newline };
}

function withoutCarriageReturns(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\r') end -= 1;
  return text.slice(0, end);
}

/** How much of an endless line goes: not half a character, not the beginning of a mark. */
function cutLength(text: string, prefix: string): number {
  for (let at = MAX_LINE - prefix.length + 1; at < MAX_LINE; at += 1) {
    if (prefix.startsWith(text.slice(at, MAX_LINE))) return at;
  }
  const unit = text.charCodeAt(MAX_LINE - 1);
  return unit >= 0xd800 && unit <= 0xdbff ? MAX_LINE - 1 : MAX_LINE;
}

function parseMark(text: string): Mark | undefined {
  const space = text.indexOf(' ');
  const word = space < 0 ? text : text.slice(0, space);
  if (!isMarkWord(word)) return undefined;
  return { word, value: space < 0 ? '' : text.slice(space + 1).trim() };
}

function isMarkWord(word: string): word is MarkWord {
  return (MARK_WORDS as readonly string[]).includes(word);
}
