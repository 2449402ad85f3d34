import type { Environment } from './environment.ts';

/** What can be wrong with a pattern; Upstart's three messages (UPSTART.md, section 16.2). */
export type ExpansionProblem =
  | { readonly kind: 'unknown-parameter'; readonly name: string }
  | { readonly kind: 'expected-operator' }
  | { readonly kind: 'mismatched-braces' };

export type Expansion =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: ExpansionProblem };

/**
 * Expands `$NAME`, `${NAME}`, `${NAME:-text}`, `${NAME-text}`, `${NAME:+text}`, `${NAME+text}` and
 * `${}` (a dollar sign) against a table. Names and texts inside braces are expanded first; what a
 * reference gives is not scanned again. A `$` before anything else is itself.
 */
export function expand(pattern: string, environment: Environment): Expansion {
  if (!pattern.includes('$')) return { ok: true, text: pattern };
  const cursor: Cursor = { pattern, at: 0, depth: 0 };
  const text = upTo(cursor, '', environment);
  return typeof text === 'string' ? { ok: true, text } : { ok: false, problem: text };
}

/** The pattern that expands to the text, whatever dollar signs it holds. */
export function escapePattern(text: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference to nothing, a dollar sign
  return text.replaceAll(/\$(?=[A-Za-z_{])/g, '${}');
}

/** `Unknown parameter: NAME`, …: Upstart's words. */
export function describeProblem(problem: ExpansionProblem): string {
  switch (problem.kind) {
    case 'unknown-parameter':
      return `Unknown parameter: ${problem.name}`;
    case 'expected-operator':
      return 'Expected operator';
    case 'mismatched-braces':
      return 'Mismatched braces';
  }
}

interface Cursor {
  readonly pattern: string;
  at: number;
  depth: number;
}

type Text = string | ExpansionProblem;

/** Nobody nests references deeper than this; a hostile pattern must not exhaust the stack. */
const deepest = 100;

/** Expands up to (not including) one of the characters of `ends`, or to the end of the pattern. */
function upTo(cursor: Cursor, ends: string, environment: Environment): Text {
  let text = '';
  while (cursor.at < cursor.pattern.length) {
    const character = cursor.pattern[cursor.at] as string;
    if (ends.includes(character)) break;
    cursor.at += 1;
    if (character !== '$') {
      text += character;
      continue;
    }
    const value = reference(cursor, environment);
    if (typeof value !== 'string') return value;
    text += value;
  }
  return text;
}

function reference(cursor: Cursor, environment: Environment): Text {
  if (cursor.pattern[cursor.at] === '{') {
    cursor.at += 1;
    cursor.depth += 1;
    if (cursor.depth > deepest) return { kind: 'mismatched-braces' };
    const text = braces(cursor, environment);
    cursor.depth -= 1;
    return text;
  }
  plainName.lastIndex = cursor.at;
  const name = plainName.exec(cursor.pattern)?.[0];
  if (name === undefined) return '$';
  cursor.at += name.length;
  return environment.get(name) ?? { kind: 'unknown-parameter', name };
}

const plainName = /[A-Za-z_][A-Za-z0-9_]*/y;

/** Behind `${`, to behind its `}`. */
function braces(cursor: Cursor, environment: Environment): Text {
  const name = upTo(cursor, ':-+}', environment);
  if (typeof name !== 'string') return name;
  const colon = cursor.pattern[cursor.at] === ':';
  if (colon) cursor.at += 1;
  const operator = cursor.pattern[cursor.at];
  if (operator === undefined) return { kind: 'mismatched-braces' };
  cursor.at += 1;
  if (operator === '}' && !colon) {
    if (name === '') return '$';
    return environment.get(name) ?? { kind: 'unknown-parameter', name };
  }
  if (operator !== '-' && operator !== '+') return { kind: 'expected-operator' };
  const text = upTo(cursor, '}', environment);
  if (typeof text !== 'string') return text;
  if (cursor.pattern[cursor.at] !== '}') return { kind: 'mismatched-braces' };
  cursor.at += 1;
  const value = environment.get(name);
  const given = value !== undefined && !(colon && value === '');
  if (operator === '-') return given ? value : text;
  return given ? text : '';
}
