/** Values of xl.cfg out of nodes and out of the argument of `domain set`. */
import type { Diagnostic } from '../../model/diagnostic.ts';
import type { XenValue } from '../../model/domain.ts';
import { createSource } from '../source.ts';
import { parseValue } from './parse-value.ts';
import { createXenCursor, peekToken } from './scan.ts';
import type { ValueNode } from './syntax.ts';

/** A number that xl cannot write or that is not exact stays the text it was: xl reads both alike. */
export function xenValueOf(node: ValueNode): XenValue {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'number':
      return node.value ?? node.text;
    case 'list':
      return node.items.map(xenValueOf);
  }
}

const LITERAL = /^["'[0-9]/;

/**
 * The argument of `domain set`: a list, number or text in quotes is written as in xl.cfg, and every
 * other word is a text. Undefined where it begins like the first and is none.
 */
export function readXenValue(text: string): XenValue | undefined {
  if (!LITERAL.test(text)) return text;
  const diagnostics: Diagnostic[] = [];
  const cursor = createXenCursor(createSource(text), diagnostics);
  const node = parseValue(cursor);
  const whole = peekToken(cursor).kind === 'end' && diagnostics.length === 0;
  if (node !== undefined && whole && cursor.comments.length === 0) return xenValueOf(node);
  // `00:16:3e` and `1.5` are texts.
  return /^[0-9]/.test(text) ? text : undefined;
}
