/** A Xen config as `domain` stanzas: every key is said, or a diagnostic says why it cannot be. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { XenValue } from '../../model/domain.ts';
import { escapePattern } from '../../model/expand.ts';
import type { Token } from '../cursor.ts';
import { printWord } from '../print-token.ts';
import { quoted, raise } from '../raise.ts';
import { listed } from '../stanzas/words.ts';
import { keyRow } from './keys.ts';
import { parseXenConfig, settle } from './parse-config.ts';
import { canJoin, joinAll } from './parse-value.ts';
import { printSettingValue } from './print-value.ts';
import { xenValueOf } from './read-value.ts';
import type { XenCursor } from './scan.ts';
import { ownStanzas, raiseUnsayable } from './stanza-of-key.ts';
import type { AssignmentNode, ConfigKind, ValueNode } from './syntax.ts';

export interface ImportedConfig {
  readonly kind: ConfigKind;
  /** Lines of a job: stanzas, and the config's comments. None where a diagnostic is an error. */
  readonly lines: readonly string[];
  /** In the order of the file. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Never throws: whatever is wrong with the text is a diagnostic. */
export function importXenConfig(text: string): ImportedConfig {
  const { kind, source, assignments, comments, diagnostics: found } = parseXenConfig(text);
  if (kind !== 'plain') return { kind, lines: [], diagnostics: found };
  const place: Place = { source, diagnostics: [...found] };
  const lines: string[] = [];
  const entries = fold(place, assignments);
  const type = entries.findLast(({ key }) => key.text === 'type')?.key;
  for (const { key, value, comments: above } of entries) {
    addComments(above, lines);
    if (value === undefined) continue;
    if (key.text !== 'builder') for (const line of stanzasOf(place, key, value)) lines.push(line);
    else if (type === undefined) lines.push(...typeOf(place, value));
    else raiseOverridden(place, key, type);
  }
  addComments(comments, lines);
  settle(place);
  const { diagnostics } = place;
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return { kind, lines: failed ? [] : lines, diagnostics };
}

type Place = Pick<XenCursor, 'source' | 'diagnostics'>;

/** A key with its final value; without a value where only its comments are left. */
interface Entry {
  readonly key: Token;
  readonly value: ValueNode | undefined;
  readonly comments: readonly Token[];
}

/** What is assigned again is overridden, as in xl and xm; `+=` adds to what there is. */
function fold(place: Place, assignments: readonly AssignmentNode[]): readonly Entry[] {
  const latest = new Map<string, { readonly key: Token; readonly parts: ValueNode[] }>();
  for (const { key, operator, value } of assignments) {
    const before = latest.get(key.text);
    const [first] = before?.parts ?? [];
    if (before === undefined || first === undefined || operator === '=') {
      if (before !== undefined) raiseOverridden(place, before.key, key);
      latest.set(key.text, { key, parts: [value] });
    } else if (canJoin(first, value)) before.parts.push(value);
    else raiseCannotAdd(place, key);
  }
  return assignments.map(({ key, comments }) => {
    const { key: counts, parts = [] } = latest.get(key.text) ?? {};
    const [first] = parts;
    const value = counts === key && first !== undefined ? joinAll(first, parts) : undefined;
    return { key, value, comments };
  });
}

function raiseCannotAdd(place: Place, { from, to, text }: Token): void {
  raise(place, {
    code: 'xen-cannot-add',
    message: `Cannot add: ${quoted(text)} is of another kind so far`,
    hint: 'a list can be added to a list, and a text to a text',
    from,
    to,
  });
}

function raiseOverridden(place: Place, { from, to, text }: Token, at: Token): void {
  raise(place, {
    severity: 'warning',
    code: 'xen-overridden-key',
    message:
      text === at.text
        ? `Overridden: ${quoted(text)} is assigned again, and only the last value counts`
        : `Overridden: ${quoted(at.text)} is there too, and only that counts`,
    from,
    to,
    related: { message: 'overridden here', at },
  });
}

/** A blank line goes before comments that follow a stanza. */
function addComments(comments: readonly Token[], lines: string[]): void {
  const previous = lines.at(-1);
  if (comments.length > 0 && previous !== undefined && !previous.startsWith('#')) lines.push('');
  for (const { text } of comments) lines.push(`#${text}`);
}

/** What the older `builder` means in terms of `type`, which counts where both are there. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['hvm', 'hvm'],
  ['vmx', 'hvm'],
  ['generic', 'pv'],
  ['linux', 'pv'],
]);

function typeOf(place: Place, value: ValueNode): readonly string[] {
  const text = value.kind === 'list' ? '' : value.text;
  const type = TYPES.get(text);
  if (type !== undefined) return [`domain type ${type}`];
  raiseUnsayable(place, value, {
    text,
    words: 'domain type',
    hint: `\`builder\` is ${listed([...TYPES.keys()])}`,
  });
  return [];
}

function stanzasOf(place: Place, key: Token, value: ValueNode): readonly string[] {
  const row = keyRow(key.text);
  return row === undefined ? settingOf(place, key, value) : ownStanzas(place, row, { key, value });
}

function settingOf(place: Place, key: Token, node: ValueNode): readonly string[] {
  if (!/^[a-z][a-z0-9_]*$/.test(key.text)) {
    raise(place, {
      code: 'xen-illegal-key',
      message: `Illegal key: ${quoted(key.text)} is none that xl could read`,
      hint: 'a key begins with a small letter and goes on with small letters, digits and `_`',
      from: key.from,
      to: key.to,
    });
    return [];
  }
  const text = printSettingValue(escapeAll(xenValueOf(node)));
  const word = printWord(text, 'domstart');
  if (word !== undefined) return [`domain set ${key.text} ${word}`];
  raiseUnsayable(place, node, { text, words: 'domain set' });
  return [];
}

/** A dollar sign stands for itself in a config, but begins a variable in a stanza. */
function escapeAll(value: XenValue): XenValue {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? escapePattern(value) : value.map(escapeAll);
}
