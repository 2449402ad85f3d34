/** Events of `start on` and `stop on` that can never match, whatever happens. */
import type { Operand } from '../../model/condition.ts';
import { matchesGlob } from '../../model/glob.ts';
import {
  type ConditionName,
  type Leaf,
  leavesOf,
  type Warning,
  type WrittenJob,
} from './written-job.ts';

const NAMES: readonly ConditionName[] = ['start on', 'stop on'];

/** Two operands about one variable that exclude each other, one of which allows one value only. */
export function* contradictions(written: WrittenJob): Generator<Warning> {
  for (const name of NAMES) {
    for (const leaf of leavesOf(written, name)) yield* contradictionsIn(leaf);
  }
}

function* contradictionsIn(leaf: Leaf): Generator<Warning> {
  const { operands } = leaf.match;
  /** By variable: the first operand that names its value. */
  const literals = new Map<string, number>();
  for (const [index, { name, negated, value }] of operands.entries()) {
    if (name === undefined || negated || !isLiteral(value) || literals.has(name)) continue;
    literals.set(name, index);
  }
  for (const [index, operand] of operands.entries()) {
    const at = literals.get(operand.name ?? '');
    const literal = at === undefined ? undefined : operands[at];
    if (at === undefined || literal === undefined || !excludes(literal, operand)) continue;
    yield contradiction(leaf, Math.min(at, index), Math.max(at, index));
  }
}

function contradiction({ match, at, operands }: Leaf, first: number, second: number): Warning {
  const name = match.operands[second]?.name ?? '';
  return {
    code: 'contradiction',
    message: `Never matches: no value of ${name} satisfies both operands of \`${match.event}\``,
    hint: `alternatives are written \`${match.event} … or ${match.event} …\``,
    at: operands[second] ?? at,
    ...(operands[first] === undefined
      ? {}
      : { related: { message: 'excludes this one', at: operands[first] } }),
  };
}

/** Whether the value that the literal allows is none that `other` allows. */
function excludes(literal: Operand, other: Operand): boolean {
  if (other.value.includes('$')) return false;
  return matchesGlob(other.value, literal.value) === other.negated;
}

function isLiteral(value: string): boolean {
  return !/[*?[\\$]/.test(value);
}

/** `start on` is compared before there is an instance, so a variable is never known there. */
export function* variablesInStartOn(written: WrittenJob): Generator<Warning> {
  for (const { match, operands, at } of leavesOf(written, 'start on')) {
    for (const [index, { value }] of match.operands.entries()) {
      const name = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/.exec(value);
      if (name === null || written.job.dialect === 'event.d') continue;
      yield {
        code: 'variable-in-start-on',
        message: `Never matches: ${name[0]} is not known yet when \`start on\` is compared`,
        hint: 'variables work in `stop on`; here a pattern such as `*` does',
        at: operands[index] ?? at,
      };
    }
  }
}
