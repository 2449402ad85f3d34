import type { Match, Operand } from '../model/condition.ts';
import type { Environment } from '../model/environment.ts';
import type { Event } from '../model/event.ts';
import { oldView } from '../model/event.ts';
import { expand } from '../model/expand.ts';
import { matchesGlob } from '../model/glob.ts';
import type { Dialect } from '../model/job.ts';

const nothing: Environment = new Map();

/**
 * One leaf of an expression against one event (UPSTART.md, section 9.1). Names must be equal.
 * Operands go along the event's variables: one without a name takes the variable under the
 * cursor; one with a name moves the cursor to the first variable of that name. A variable that is
 * not there never matches, not even `!=`.
 *
 * `environment` is the instance's for `stop on`, and absent for `start on`. An operand that cannot
 * be expanded does not match.
 */
export function matchesEvent(
  match: Match,
  event: Event,
  { environment = nothing, dialect }: MatchOptions = {},
): boolean {
  if (match.event !== event.name) return false;
  if (dialect === 'event.d') return matchesArguments(match, event);
  let cursor = 0;
  for (const operand of match.operands) {
    if (operand.name !== undefined) {
      cursor = event.variables.findIndex(({ name }) => name === operand.name);
    }
    const value = event.variables[cursor]?.value;
    if (value === undefined || !satisfies(operand, value, environment)) return false;
    cursor += 1;
  }
  return true;
}

export interface MatchOptions {
  readonly environment?: Environment | undefined;
  readonly dialect?: Dialect | undefined;
}

/** Upstart 0.3: each operand is a pattern for the event's argument at its place (section 26.3). */
function matchesArguments({ operands }: Match, event: Event): boolean {
  const { arguments: given } = oldView(event);
  return operands.every((operand, index) => {
    const value = given[index];
    return value !== undefined && matchesGlob(operand.value, value);
  });
}

function satisfies(operand: Operand, value: string, environment: Environment): boolean {
  const pattern = expand(operand.value, environment);
  return pattern.ok && matchesGlob(pattern.text, value) !== operand.negated;
}
