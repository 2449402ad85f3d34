/** One stanza: its words, looked up in the table, and what its row wants behind them. */

import { nearestWord } from '../model/nearest-word.ts';
import { type Cursor, hasToken, skipLine, type Token } from './cursor.ts';
import { parseScript } from './parse-block.ts';
import { parseCondition } from './parse-condition.ts';
import { parseGuest } from './parse-guest.ts';
import { lastLineOf, quoted, raise } from './raise.ts';
import { endLine, readToken } from './read-token.ts';
import { type Argument, isRefusal, type Refusal, type Stanza } from './stanzas/stanza.ts';
import { dialectsWith, stanzasOf, VENDORS, type WordNode } from './stanzas/table.ts';
import { listed } from './stanzas/words.ts';
import type { ArgumentNode, StanzaBody, StanzaNode } from './syntax.ts';

export interface StanzaResult {
  /** Absent where the stanza has an error, which has been reported. */
  readonly node?: StanzaNode;
  /** Its words as far as they are known. */
  readonly words: string;
  /** It failed, and it begins a script or was most likely meant to. */
  readonly script?: boolean;
}

/** The stanza at the cursor. */
export function parseStanza(cursor: Cursor): StanzaResult {
  const from = cursor.at;
  const { stanza, words, near } = parseWords(cursor);
  const body = stanza && parseBody(cursor, stanza, words);
  if (stanza === undefined || body === undefined) {
    return { words: words.text, script: near === 'script' || /\bscript$/.test(words.text) };
  }
  return { words: words.text, node: { stanza, from, to: cursor.at, words, body } };
}

interface Head {
  /** Absent where the words lead nowhere, which has been reported. */
  readonly stanza?: Stanza | undefined;
  readonly words: Token;
  /** What the word that is not known was most likely meant to be. */
  readonly near?: string | undefined;
}

function parseWords(cursor: Cursor): Head {
  let node: WordNode = stanzasOf(cursor.dialect);
  let words: Token = { from: cursor.at, to: cursor.at, text: '' };
  while (node.next.size > 0) {
    const { stanza } = node;
    if (stanza !== undefined && !hasToken(cursor)) break;
    const mark = cursor.at;
    const word = readWord(cursor, stanza);
    if (word === undefined) return { words };
    const next = node.next.get(word.text);
    if (next === undefined) {
      if (stanza === undefined || !takesMore(stanza)) {
        return { words, near: raiseUnknown(cursor, { known: node, words, word }) };
      }
      cursor.at = mark;
      break;
    }
    words = { from: words.from, to: word.to, text: `${words.text} ${word.text}`.trimStart() };
    node = next;
  }
  return { stanza: node.stanza, words };
}

/** A second word is compared as it is written, unless it could be an argument as well. */
function readWord(cursor: Cursor, stanza: Stanza | undefined): Token | undefined {
  const argument = stanza !== undefined && takesMore(stanza);
  return readToken(cursor, argument ? { as: 'word' } : { as: 'word', raw: true });
}

function takesMore({ form }: Stanza): boolean {
  return form.kind !== 'arguments' || form.arguments.length > 0;
}

interface Unknown {
  readonly known: WordNode;
  readonly words: Token;
  readonly word: Token;
}

/** The known word that is nearest, if one is near. */
function raiseUnknown(cursor: Cursor, { known, words, word }: Unknown): string | undefined {
  // Not trimmed: a byte order mark counts as white space.
  const whole = words.text === '' ? word.text : `${words.text} ${word.text}`;
  const near = nearestWord(word.text, known.next.keys());
  raise(cursor, {
    code: 'unknown-stanza',
    message: `Unknown stanza: ${quoted(whole)}`,
    hint: hintForUnknown(cursor, { known, words, word }, near),
    ...lastLineOf(cursor, word),
  });
  return near;
}

function hintForUnknown(
  cursor: Cursor,
  unknown: Unknown,
  near: string | undefined,
): string | undefined {
  const { known, words, word } = unknown;
  if (word.text.startsWith('\uFEFF')) return 'save the file without a byte order mark';
  if (word.text === 'end') return 'nothing is open here that it could end';
  const all = words.text === '' ? dialectsWith(word.text) : [];
  if (near !== undefined && all.length === 0) {
    return `did you mean \`${`${words.text} ${near}`.trimStart()}\`?`;
  }
  if (words.text !== '') {
    return `\`${words.text}\` is followed by ${listed([...known.next.keys()])}`;
  }
  const others = all.filter((dialect) => VENDORS[dialect] === undefined);
  const [vendor] = all;
  if (vendor === undefined) return undefined;
  if (others.length === 0) {
    return `only ${VENDORS[vendor]}'s Upstart has it: say that the file is one by \`--dialect ${vendor}\``;
  }
  return `it is a stanza of ${listed(others)}; this is read as ${cursor.dialect}`;
}

function parseBody(cursor: Cursor, stanza: Stanza, words: Token): StanzaBody | undefined {
  const { form } = stanza;
  switch (form.kind) {
    case 'arguments':
      return parseArguments(cursor, form, words);
    case 'condition': {
      const condition = parseCondition(cursor);
      if (condition === undefined) return undefined;
      skipLine(cursor);
      return { kind: 'condition', condition };
    }
    case 'command': {
      const command = readToken(cursor, { as: 'command', raw: true, missing: 'COMMAND' });
      return command && endLine(cursor) && { kind: 'command', command };
    }
    case 'script':
    case 'block': {
      const script = parseScript(cursor, words);
      return script && { kind: 'script', script };
    }
    case 'guest':
      return parseGuest(cursor, words);
  }
}

type ArgumentForm = Extract<Stanza['form'], { kind: 'arguments' }>;

function parseArguments(
  cursor: Cursor,
  { arguments: list, end }: Pick<ArgumentForm, 'arguments' | 'end'>,
  words: Token,
): StanzaBody | undefined {
  const nodes: (ArgumentNode | readonly ArgumentNode[] | undefined)[] = [];
  for (const argument of list) {
    const { count } = argument;
    const last = nodes.at(-1);
    const optional =
      count === 'optional' ||
      (typeof count === 'object' &&
        last !== undefined &&
        'value' in last &&
        last.value === count.unless);
    if (count === 'some' || count === 'any') {
      const repeated = parseRepeated(cursor, argument, words);
      if (repeated === undefined) return undefined;
      nodes.push(repeated);
    } else if (typeof count === 'object' ? optional : optional && !hasToken(cursor)) {
      nodes.push(undefined);
    } else {
      const node = parseArgument(cursor, argument, words);
      if (node === undefined) return undefined;
      nodes.push(node);
    }
  }
  if (end === 'line' && !endLine(cursor, list.some(takesText) ? QUOTES : undefined)) return;
  return { kind: 'arguments', arguments: nodes };
}

const QUOTES = 'put quotes around an argument that holds blanks';

/** Any text will do, also one with blanks. */
function takesText({ type: { choices, expects } }: Argument<unknown>): boolean {
  return choices === undefined && expects === undefined;
}

function parseRepeated(
  cursor: Cursor,
  argument: Argument<unknown>,
  words: Token,
): readonly ArgumentNode[] | undefined {
  const nodes: ArgumentNode[] = [];
  while (hasToken(cursor) || (argument.count === 'some' && nodes.length === 0)) {
    const node = parseArgument(cursor, argument, words);
    if (node === undefined) return undefined;
    nodes.push(node);
  }
  return nodes;
}

function parseArgument(
  cursor: Cursor,
  { name, type }: Argument<unknown>,
  words: Token,
): ArgumentNode | undefined {
  const token = readToken(cursor, { as: 'word', missing: name });
  if (token === undefined) return undefined;
  const value = type.read(token.text);
  if (!isRefusal(value)) return { ...token, value };
  const { code, message } = value;
  const told =
    code === 'unknown-stanza' ? `${message} is not a value of ${quoted(words.text)}` : message;
  return raiseRefusal(cursor, token, { ...value, message: told }, type.choices);
}

function raiseRefusal(
  cursor: Cursor,
  token: Token,
  { code, message, hint }: Refusal,
  choices: readonly string[] = [],
): undefined {
  const near = nearestWord(token.text, choices);
  const place = lastLineOf(cursor, token);
  const told = near === undefined ? hint : `did you mean \`${near}\`? ${hint ?? ''}`.trimEnd();
  const old = cursor.dialect === 'event.d' && message.startsWith('Illegal ');
  return raise(cursor, {
    ...place,
    code: old ? 'illegal-value' : code,
    message: old ? `Illegal value: ${quoted(token.text)}` : message,
    hint: told,
  });
}
