import type { Condition, Operand } from '../model/condition.ts';
import type { ConditionNode } from './syntax.ts';

/** The condition without its places. Its depth is bounded by the parser. */
export function compileCondition(node: ConditionNode): Condition {
  if (node.kind === 'match') {
    const operands = node.operands.map(({ text }) => compileOperand(text));
    return { kind: 'match', event: node.event.text, operands };
  }
  const { kind, left, right } = node;
  return { kind, left: compileCondition(left), right: compileCondition(right) };
}

/** The first `!=` divides name and value, otherwise the first `=`. */
function compileOperand(text: string): Operand {
  const unequal = text.indexOf('!=');
  const at = unequal >= 0 ? unequal : text.indexOf('=');
  if (at < 0) return { negated: false, value: text };
  const negated = unequal >= 0;
  return { name: text.slice(0, at), negated, value: text.slice(at + (negated ? 2 : 1)) };
}
