import { type Condition, formatOperand, type Match } from '../model/condition.ts';
import type { Dialect } from '../model/job.ts';
import { printOperand } from './print-token.ts';

/**
 * The expression, with no more parentheses than it needs: `and` and `or` are of equal rank and
 * group to the left. Undefined where a name or a value cannot be written.
 */
export function printCondition(condition: Condition, dialect: Dialect): string | undefined {
  if (condition.kind === 'match') return printMatch(condition, dialect);
  const left = printCondition(condition.left, dialect);
  const right = printCondition(condition.right, dialect);
  if (left === undefined || right === undefined) return undefined;
  const enclosed = condition.right.kind === 'match' ? right : `(${right})`;
  return `${left} ${condition.kind} ${enclosed}`;
}

function printMatch({ event, operands }: Match, dialect: Dialect): string | undefined {
  const words: string[] = [];
  for (const value of [event, ...operands.map(formatOperand)]) {
    const word = printOperand(value, dialect);
    if (word === undefined) return undefined;
    words.push(word);
  }
  return words.join(' ');
}
