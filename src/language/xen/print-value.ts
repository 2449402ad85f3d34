/** Values as xl's own lexer reads them back; and as the argument of `domain set`. */
import type { XenValue } from '../../model/domain.ts';
import { readXenValue } from './read-value.ts';

/** Longer lists stand on several lines. */
const WIDEST = 96;

/** The value as it stands in xl.cfg. */
export function printXenValue(value: XenValue): string {
  const line = printOnLine(value);
  if (typeof value !== 'object' || value.length < 2 || line.length <= WIDEST) return line;
  return `[\n${value.map((item) => `    ${printOnLine(item)},\n`).join('')}]`;
}

/** The value as `readXenValue` takes it, without quotes where it can do without. */
export function printSettingValue(value: XenValue): string {
  const plain = typeof value === 'string' && value !== '' && !/[\n\0]/.test(value);
  return plain && readXenValue(value) === value ? value : printOnLine(value);
}

function printOnLine(value: XenValue): string {
  switch (typeof value) {
    case 'string':
      return `"${value.replaceAll(SPECIAL, escaped)}"`;
    case 'number':
      return String(value);
    case 'object':
      return `[${value.map(printOnLine).join(', ')}]`;
  }
}

/**
 * xl fails on every number behind a backslash (its lexer wants more digits than it takes), so that
 * a control character without a letter stands for itself; only a line end may not.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject
const SPECIAL = /["\\\u0007-\u000d]/g;

const LETTERS: Readonly<Record<string, string>> = {
  '\x07': 'a',
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
};

function escaped(character: string): string {
  return `\\${LETTERS[character] ?? character}`;
}
