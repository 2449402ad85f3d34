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

/** Two operands about one variable that exclude each other. */
export function* contradictions(written: WrittenJob): Generator<Warning> {
  for (const name of NAMES) {
    for (const leaf of leavesOf(written, name)) {
      const { operands } = leaf.match;
      for (const [index, operand] of operands.entries()) {
        const other = operands
          .slice(0, index)
          .findIndex((earlier) => excludes(earlier, operand) || excludes(operand, earlier));
        if (other >= 0) yield contradiction(leaf, other, index);
      }
    }
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

/** Whether the one value that `a` allows is none that `b` allows. */
function excludes(a: Operand, b: Operand): boolean {
  if (a.name === undefined || a.name !== b.name || a.negated || !isLiteral(a.value)) return false;
  if (b.value.includes('$')) return false;
  return matchesGlob(b.value, a.value) === b.negated;
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
