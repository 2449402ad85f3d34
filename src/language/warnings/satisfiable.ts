import type { Condition, Match } from '../../model/condition.ts';

/** Whether the expression can come true where only such events happen. */
export function canHappen(condition: Condition, possible: (match: Match) => boolean): boolean {
  switch (condition.kind) {
    case 'match':
      return possible(condition);
    case 'and':
      return canHappen(condition.left, possible) && canHappen(condition.right, possible);
    case 'or':
      return canHappen(condition.left, possible) || canHappen(condition.right, possible);
  }
}
