import type { Match } from '../model/condition.ts';
import type { Event } from '../model/event.ts';
import { oldView } from '../model/event.ts';
import type { Dialect } from '../model/job.ts';

/**
 * What an event must have for a leaf to match it: this value at this place. Most leaves name one
 * job among thousands (`stopped JOB=x`), so they are looked up by it instead of being tried.
 */
export interface MatchKey {
  /** `first`: of the variables; `argument`: the first one, as event.d counts; else `=` and a name. */
  readonly place: 'first' | 'argument' | `=${string}`;
  readonly value: string;
}

/** Undefined where the leaf says nothing so plain, and has to be tried. */
export function keyOf({ operands }: Match, dialect: Dialect): MatchKey | undefined {
  const [first] = operands;
  if (first === undefined) return undefined;
  if (dialect === 'event.d') {
    return isPlain(first.value) ? { place: 'argument', value: first.value } : undefined;
  }
  if (first.name === undefined && !first.negated && isPlain(first.value)) {
    return { place: 'first', value: first.value };
  }
  for (const { name, negated, value } of operands) {
    if (name !== undefined && !negated && isPlain(value)) return { place: `=${name}`, value };
  }
  return undefined;
}

export function valueAt(event: Event, place: MatchKey['place']): string | undefined {
  switch (place) {
    case 'first':
      return event.variables[0]?.value;
    case 'argument':
      return oldView(event).arguments[0];
    default:
      return event.variables.find(({ name }) => name === place.slice(1))?.value;
  }
}

/** Neither a pattern nor anything to be expanded. */
function isPlain(value: string): boolean {
  return !/[*?[\\$]/.test(value);
}
