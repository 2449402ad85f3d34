/** Values: texts, numbers, and lists of them; texts and lists may be joined with `+`. */
import { quoted, raise } from '../raise.ts';
import { nameInValue, raiseComputed, raiseConflict } from './program.ts';
import { moveTo, peekToken, takeToken, type XenCursor, type XenToken } from './scan.ts';
import type { ListNode, ValueNode } from './syntax.ts';

/** Nobody nests lists deeper than this; a hostile text must not exhaust the stack. */
const DEEPEST = 100;

/** The value at the cursor; undefined where there is none, which has been reported. */
export function parseValue(cursor: XenCursor): ValueNode | undefined {
  const first = parsePart(cursor);
  if (first === undefined) return undefined;
  const parts = [first];
  while (isMark(peekToken(cursor), '+')) {
    const plus = takeToken(cursor);
    const more = parsePart(cursor);
    if (more === undefined) return undefined;
    if (!canJoin(first, more)) return raiseComputed(cursor, plus);
    parts.push(more);
  }
  return joinAll(first, parts);
}

export function isMark({ kind, text }: XenToken, mark: string): boolean {
  return kind === 'mark' && text === mark;
}

/** Text behind text and list behind list are one, as in Python. */
export function canJoin(left: ValueNode, right: ValueNode): boolean {
  return left.kind === right.kind && left.kind !== 'number';
}

/** Parts that can be joined, the first of them first. */
export function joinAll(first: ValueNode, parts: readonly ValueNode[]): ValueNode {
  if (parts.length < 2) return first;
  const place = { from: first.from, to: parts.at(-1)?.to ?? first.to };
  if (first.kind === 'list') {
    const items = parts.flatMap((part) => (part.kind === 'list' ? part.items : [part]));
    return { kind: 'list', ...place, items };
  }
  const text = parts.map((part) => (part.kind === 'list' ? '' : part.text)).join('');
  return { kind: 'text', ...place, text };
}

function parsePart(cursor: XenCursor): ValueNode | undefined {
  const token = peekToken(cursor);
  switch (token.kind) {
    case 'text':
      return parseTexts(cursor);
    case 'number':
      return parseNumber(cursor, '');
    case 'name':
      return nameInValue(cursor);
    case 'bad':
      return undefined;
    case 'mark':
      if (token.text === '<<<<<<<') return raiseConflict(cursor, token);
      if (token.text === '[' || token.text === '(') return parseList(cursor);
      if (token.text === '-') {
        takeToken(cursor);
        if (peekToken(cursor).kind === 'number') return parseNumber(cursor, '-');
      }
  }
  return raise(cursor, {
    code: 'xen-expected-value',
    message: 'Expected a value',
    hint: 'a text in quotes, a whole number, or a list of them in brackets',
    from: token.from,
    to: token.to,
  });
}

/** Texts that follow each other are one in Python. In a list it is mostly a comma that is missing. */
function parseTexts(cursor: XenCursor): ValueNode {
  const { from, to, text } = takeToken(cursor);
  const texts = [text];
  let end = to;
  for (;;) {
    if (cursor.depth > 0) skipNewlines(cursor);
    const next = peekToken(cursor);
    if (next.kind !== 'text') break;
    takeToken(cursor);
    texts.push(next.text);
    end = next.to;
    if (cursor.depth === 0) continue;
    raise(cursor, {
      severity: 'warning',
      code: 'xen-joined-texts',
      message: 'Two texts without a comma between them are one text; xl would refuse the file',
      hint: 'write a comma between them if they are two, or `+` if they are one',
      from: next.from,
      to: next.to,
    });
  }
  return { kind: 'text', from, to: end, text: texts.join('') };
}

const DIGITS = /^(?:0[xX]([0-9A-Fa-f]+)|0[oO]?([0-7]+)|([0-9]+))[lL]?$/;

function parseNumber(cursor: XenCursor, sign: '' | '-'): ValueNode | undefined {
  const { from: start, to, text } = takeToken(cursor);
  const from = start - sign.length;
  const [, hexadecimal, octal, decimal] = DIGITS.exec(text) ?? [];
  if ((hexadecimal ?? octal ?? decimal) === undefined || /^0[0-9]*[89]/.test(text)) {
    return raise(cursor, {
      code: 'xen-illegal-number',
      message: `Illegal number: ${quoted(text)}`,
      hint: 'a whole number: 64, 0x40 or 0100',
      from,
      to,
    });
  }
  const digits = text.replace(/[lL]$/, '').toLowerCase();
  const value =
    octal === undefined ? Number(hexadecimal ? digits : decimal) : Number.parseInt(octal, 8);
  const exact = sign === '' && Number.isSafeInteger(value);
  const place = { from, to, text: sign + digits };
  return exact ? { kind: 'number', ...place, value } : { kind: 'number', ...place };
}

function skipNewlines(cursor: XenCursor): void {
  while (peekToken(cursor).kind === 'newline') takeToken(cursor);
}

/** Brackets, or parentheses: around one value these are only parentheses. */
function parseList(cursor: XenCursor): ValueNode | undefined {
  const open = takeToken(cursor);
  const close = open.text === '[' ? ']' : ')';
  if (cursor.depth >= DEEPEST) return raiseTooDeep(cursor, open);
  cursor.depth += 1;
  const items: ValueNode[] = [];
  let commas = 0;
  for (;;) {
    skipNewlines(cursor);
    const next = peekToken(cursor);
    if (isMark(next, close)) break;
    if (commas < items.length) {
      if (!isMark(next, ',')) return raiseUnfinished(cursor, open, next);
      takeToken(cursor);
      commas += 1;
      continue;
    }
    if (next.kind === 'end' || startsStatement(cursor, next)) {
      return raiseUnfinished(cursor, open, next);
    }
    const item = parseValue(cursor);
    if (item === undefined) return undefined;
    items.push(item);
  }
  cursor.depth -= 1;
  const { to } = takeToken(cursor);
  const [only] = items;
  if (close === ')' && commas === 0 && only !== undefined) return only;
  const list: ListNode = { kind: 'list', from: open.from, to, items };
  return list;
}

const ASSIGNS = /[A-Za-z_][A-Za-z0-9_]*[ \t]*\+?=(?!=)/y;

/** `name =` cannot stand in a list: the list was not closed. */
function startsStatement(cursor: XenCursor, { kind, from }: XenToken): boolean {
  ASSIGNS.lastIndex = from;
  return kind === 'name' && ASSIGNS.test(cursor.source.text);
}

function raiseUnfinished(cursor: XenCursor, open: XenToken, next: XenToken): undefined {
  if (next.kind === 'bad') return undefined;
  if (isMark(next, '<<<<<<<')) return raiseConflict(cursor, next);
  const over = next.kind === 'end' || startsStatement(cursor, next);
  if (!over && isOperator(next)) return raiseComputed(cursor, next);
  const close = open.text === '[' ? ']' : ')';
  raise(cursor, {
    code: over ? 'xen-unclosed-list' : 'xen-unexpected-token',
    message: over
      ? `Unclosed list: ${quoted(close)} is missing`
      : `Unexpected token: expected a comma or ${quoted(close)}`,
    from: next.from,
    to: next.to,
    related: { message: 'the list begins here', at: open },
  });
  moveTo(cursor, next.from);
}

const OPERATOR = /^[-+*/%.[(<>=&|^]$|^==$|^(?:and|or|if|in|is|not|for)$/;

/** What goes on a value in Python, and makes it an expression. */
export function isOperator({ kind, text }: XenToken): boolean {
  return (kind === 'mark' || kind === 'name') && OPERATOR.test(text);
}

function raiseTooDeep(cursor: XenCursor, { from, to }: XenToken): undefined {
  return raise(cursor, {
    code: 'xen-list-too-deep',
    message: `List too deep: more than ${DEEPEST} within each other`,
    from,
    to,
  });
}
