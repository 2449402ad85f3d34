/** A Xen config as `domain` stanzas: every key is said, or a diagnostic says why it cannot be. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { XenValue } from '../../model/domain.ts';
import { escapePattern } from '../../model/expand.ts';
import type { Token } from '../cursor.ts';
import { printWord } from '../print-token.ts';
import { quoted, raise } from '../raise.ts';
import { keyRow } from './keys.ts';
import { parseXenConfig } from './parse-config.ts';
import { join } from './parse-value.ts';
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
  for (const entry of fold(place, assignments)) {
    lines.push(...commentLines(entry.comments, lines));
    if (entry.value !== undefined) lines.push(...stanzasOf(place, entry.key, entry.value));
  }
  lines.push(...commentLines(comments, lines));
  const diagnostics = place.diagnostics.toSorted((a, b) => a.span.from - b.span.from);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  return { kind, lines: failed ? [] : lines, diagnostics };
}

type Place = Pick<XenCursor, 'source' | 'diagnostics'>;

/** A key with its final value; without a value where only its comments are left. */
interface Entry {
  readonly key: Token;
  value: ValueNode | undefined;
  readonly comments: readonly Token[];
}

/** What is assigned again is overridden, as in xl and xm; `+=` adds to what there is. */
function fold(place: Place, assignments: readonly AssignmentNode[]): readonly Entry[] {
  const byKey = new Map<string, Entry>();
  return assignments.map(({ key, operator, value, comments }) => {
    const before = byKey.get(key.text);
    const entry: Entry = { key, value, comments };
    if (before?.value !== undefined && operator === '+=') {
      const joined = join(before.value, value);
      if (joined === undefined) raiseCannotAdd(place, key);
      before.value = joined;
      return { ...entry, value: undefined };
    }
    if (before !== undefined) {
      before.value = undefined;
      raiseOverridden(place, before.key, key);
    }
    byKey.set(key.text, entry);
    return entry;
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
    message: `Overridden: ${quoted(text)} is assigned again, and only the last value counts`,
    from,
    to,
    related: { message: 'overridden here', at },
  });
}

/** A blank line goes before comments that follow a stanza. */
function commentLines(comments: readonly Token[], before: readonly string[]): readonly string[] {
  if (comments.length === 0) return [];
  const lines = comments.map(({ text }) => `#${text}`);
  const previous = before.at(-1);
  return previous === undefined || previous.startsWith('#') ? lines : ['', ...lines];
}

function stanzasOf(place: Place, key: Token, value: ValueNode): readonly string[] {
  const type = key.text === 'builder' && value.kind === 'text' ? TYPES.get(value.text) : undefined;
  if (type !== undefined) return [`domain type ${type}`];
  const row = keyRow(key.text);
  return row === undefined ? settingOf(place, key, value) : ownStanzas(place, row, { key, value });
}

/** What the older `builder` means in terms of `type`. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['hvm', 'hvm'],
  ['generic', 'pv'],
  ['linux', 'pv'],
]);

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
