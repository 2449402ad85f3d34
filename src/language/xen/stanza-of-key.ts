/** Keys that have a stanza of their own, as lines of a job. */
import { escapePattern } from '../../model/expand.ts';
import type { Token } from '../cursor.ts';
import { printWord } from '../print-token.ts';
import { quoted, raise } from '../raise.ts';
import { type Argument, isRefusal } from '../stanzas/stanza.ts';
import { STANZAS } from '../stanzas/table.ts';
import type { KeyRow } from './keys.ts';
import type { XenCursor } from './scan.ts';
import type { ListNode, ValueNode } from './syntax.ts';

type Place = Pick<XenCursor, 'source' | 'diagnostics'>;

interface Setting {
  readonly key: Token;
  readonly value: ValueNode;
}

/** One line for each stanza; fewer where something cannot be said, which is reported. */
export function ownStanzas(
  place: Place,
  { words, list }: KeyRow,
  { key, value }: Setting,
): readonly string[] {
  if (list !== (value.kind === 'list')) {
    raise(place, {
      code: 'xen-illegal-value',
      message: `Illegal value: ${quoted(key.text)} ${list ? 'is a list' : 'is one value, not a list'}`,
      hint: list ? `${key.text} = [ … ], even around one item` : 'take the brackets out',
      from: value.from,
      to: value.to,
    });
    return [];
  }
  const items = value.kind === 'list' ? value.items : [value];
  return items.flatMap((item) => lineOf(place, words, item) ?? []);
}

function lineOf(place: Place, words: string, node: ValueNode): string | undefined {
  if (node.kind === 'list') return raiseNested(place, node);
  const [argument] = argumentsOf(words);
  if (argument === undefined) return undefined;
  const { type, count } = argument;
  const text = node.kind === 'number' ? String(node.value ?? node.text) : escapePattern(node.text);
  if (text === '') return count === 'optional' ? words : raiseEmpty(place, words, node);
  const value = type.read(text);
  if (isRefusal(value)) {
    return raiseUnsayable(place, node, { text, words, hint: type.expects ?? value.hint });
  }
  const spread = count === 'some' && /^\S+(?: \S+)*$/.test(text) ? text.split(' ') : [text];
  const list = spread.map((one) => printWord(one, 'domstart'));
  if (list.includes(undefined)) return raiseUnsayable(place, node, { text, words });
  return [words, ...list].join(' ');
}

function argumentsOf(words: string): readonly Argument<unknown>[] {
  const row = STANZAS.find((stanza) => stanza.words === words);
  return row?.form.kind === 'arguments' ? row.form.arguments : [];
}

interface Unsayable {
  readonly text: string;
  readonly words: string;
  readonly hint?: string | undefined;
}

export function raiseUnsayable(
  place: Place,
  { from, to }: ValueNode,
  { text, words, hint = 'an argument of a stanza has no line end in it' }: Unsayable,
): undefined {
  return raise(place, {
    code: 'xen-illegal-value',
    message: `Illegal value: ${quoted(text)} cannot be said with \`${words}\``,
    hint,
    from,
    to,
  });
}

function raiseNested(place: Place, { from, to }: ListNode): undefined {
  return raise(place, {
    code: 'xen-illegal-value',
    message: 'Illegal value: a list within the list',
    hint: 'each item is a text in quotes',
    from,
    to,
  });
}

function raiseEmpty(place: Place, words: string, { from, to }: ValueNode): undefined {
  return raise(place, {
    severity: 'warning',
    code: 'xen-empty-value',
    message: `Empty: nothing is the same as no \`${words}\` at all, so there is no stanza`,
    from,
    to,
  });
}
