/**
 * `start on` and `stop on` expressions (UPSTART.md, section 6). Plain data; matching lives in the
 * engine because a tree remembers which events made it true.
 */
export type Condition = Match | Combination;

export interface Match {
  readonly kind: 'match';
  readonly event: string;
  /** In order; a positional operand has no name. Values are glob patterns, still unexpanded. */
  readonly operands: readonly Operand[];
}

export interface Operand {
  readonly name?: string;
  readonly negated: boolean;
  readonly value: string;
}

interface Combination {
  readonly kind: 'and' | 'or';
  readonly left: Condition;
  readonly right: Condition;
}

/** Every leaf, left to right. */
export function* matches(condition: Condition): Generator<Match> {
  if (condition.kind === 'match') {
    yield condition;
    return;
  }
  yield* matches(condition.left);
  yield* matches(condition.right);
}

/** The form that Upstart's show-config prints: every and/or in parentheses, operands unquoted. */
export function formatCondition(condition: Condition): string {
  if (condition.kind === 'match') {
    return [condition.event, ...condition.operands.map(formatOperand)].join(' ');
  }
  const { kind, left, right } = condition;
  return `(${formatCondition(left)} ${kind} ${formatCondition(right)})`;
}

/** An operand as it is read. */
export function formatOperand({ name, negated, value }: Operand): string {
  return name === undefined ? value : `${name}${negated ? '!=' : '='}${value}`;
}
