/** Events of `start on` and `stop on` that can never match, whatever happens. */
import type { Match, Operand } from '../../model/condition.ts';
import { matchesGlob } from '../../model/glob.ts';
import { quoted } from '../raise.ts';
import {
  CONDITION_NAMES,
  type Leaf,
  leavesOf,
  type Warning,
  type WrittenJob,
} from './written-job.ts';

/** Two operands about one variable that exclude each other, one of which allows few values. */
export function* contradictions(written: WrittenJob): Generator<Warning> {
  for (const name of CONDITION_NAMES) {
    for (const leaf of leavesOf(written, name))
      yield* contradictionsIn(leaf, variablesOf(written, leaf.match));
  }
}

/** The variables of some events by their positions: those that telinit and init give them. */
const POSITIONS: Readonly<Record<string, readonly string[]>> = {
  runlevel: ['RUNLEVEL', 'PREVLEVEL'],
  starting: ['JOB', 'INSTANCE'],
  started: ['JOB', 'INSTANCE'],
  stopping: ['JOB', 'INSTANCE'],
  stopped: ['JOB', 'INSTANCE'],
};

/** What each operand is compared with, where that is known. */
function variablesOf({ job }: WrittenJob, { event, operands }: Match): (string | undefined)[] {
  const positions = job.dialect === 'event.d' ? undefined : POSITIONS[event];
  return operands.map(({ name }, index) => name ?? positions?.[index]);
}

interface Values {
  /** The operand that allows no others. */
  readonly index: number;
  readonly values: readonly string[];
}

function* contradictionsIn(
  leaf: Leaf,
  variables: readonly (string | undefined)[],
): Generator<Warning> {
  const { operands } = leaf.match;
  /** By variable: the first operand that names its value, otherwise the first set. */
  const few = new Map<string, Values>();
  for (const [index, operand] of operands.entries()) {
    const variable = variables[index];
    const values = valuesOf(operand);
    if (variable === undefined || values === undefined) continue;
    const known = few.get(variable);
    if (known === undefined || (known.values.length > 1 && values.length === 1)) {
      few.set(variable, { index, values });
    }
  }
  for (const [index, operand] of operands.entries()) {
    const variable = variables[index] ?? '';
    const known = few.get(variable);
    if (known === undefined || !excludes(known.values, operand)) continue;
    yield contradiction(leaf, variable, [known.index, index]);
  }
}

function contradiction(
  { match, at, operands }: Leaf,
  name: string,
  both: readonly [number, number],
): Warning {
  const [first, second] = [Math.min(...both), Math.max(...both)];
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

/** Whether none of the values is one that the operand allows. */
function excludes(values: readonly string[], { value, negated }: Operand): boolean {
  if (value.includes('$')) return false;
  return values.every((one) => matchesGlob(value, one) === negated);
}

const CHARACTERS = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));

/** All values that the operand allows: one, or the characters of a plain set such as `[2345]`. */
function valuesOf({ value, negated }: Operand): readonly string[] | undefined {
  if (negated) return undefined;
  if (!/[*?[\\$]/.test(value)) return [value];
  if (!/^\[[\w.-]{1,100}\]$/.test(value)) return undefined;
  return CHARACTERS.filter((character) => matchesGlob(value, character));
}

/** An operator that is none: it is compared with a variable of the event. */
export function* operatorsAsOperands(written: WrittenJob): Generator<Warning> {
  const old = written.job.dialect === 'event.d';
  for (const name of CONDITION_NAMES) {
    for (const { match, operands } of leavesOf(written, name)) {
      for (const at of operands) {
        const word = at.text.source.text.slice(at.from, at.to);
        if (!/^(?:and|or|&&|\|\|)$/i.test(word)) continue;
        yield {
          code: 'operator-as-operand',
          message: `Not an operator: ${quoted(word)} is compared with a variable of ${quoted(match.event)}`,
          hint: old
            ? `Upstart 0.3 has no operators: write one \`${name}\` for each event`
            : `the operators are \`and\` and \`or\`; as an operand it is written "${word}"`,
          at,
        };
      }
    }
  }
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
