import type { Condition } from '../model/condition.ts';
import { matches } from '../model/condition.ts';
import type { Event } from '../model/event.ts';
import type { MatchOptions } from './match.ts';
import { matchesEvent } from './match.ts';

/**
 * What an expression remembers: for each leaf, left to right, the event that made it true
 * (UPSTART.md, section 9.2). Plain data; `Held` is whatever stands for an event with the caller,
 * who blocks the events that are remembered and releases those that are forgotten.
 */
export type Memory<Held> = readonly (Held | undefined)[];

export interface Fed<Held> {
  readonly memory: Memory<Held>;
  /** How many leaves this event made true. A leaf that is true keeps its first event. */
  readonly matched: number;
  /** Whether the whole expression is true now. Act only where `matched` is not 0 too. */
  readonly value: boolean;
}

export function emptyMemory<Held>(condition: Condition): Memory<Held> {
  return Array.from(matches(condition), () => undefined);
}

/** `environment` is the instance's, for `stop on`. */
export interface FeedOptions<Held> extends MatchOptions {
  readonly event: Event;
  readonly held: Held;
}

export function feed<Held>(
  condition: Condition,
  memory: Memory<Held>,
  { event, held, ...how }: FeedOptions<Held>,
): Fed<Held> {
  const leaves = [...matches(condition)];
  let matched = 0;
  const next = leaves.map((leaf, index) => {
    const before = memory[index];
    if (before !== undefined || !matchesEvent(leaf, event, how)) return before;
    matched += 1;
    return held;
  });
  return matched === 0
    ? { memory, matched, value: evaluate(condition, memory).value }
    : { memory: next, matched, value: evaluate(condition, next).value };
}

/**
 * The events of the part that is true, in tree order: those below a false node do not count. An
 * event that satisfies two leaves is there twice, as in UPSTART_EVENTS.
 */
export function trueEvents<Held>(condition: Condition, memory: Memory<Held>): readonly Held[] {
  return evaluate(condition, memory).events;
}

interface Evaluation<Held> {
  readonly value: boolean;
  readonly events: readonly Held[];
}

function evaluate<Held>(condition: Condition, memory: Memory<Held>): Evaluation<Held> {
  let leaf = 0;
  const visit = (node: Condition): Evaluation<Held> => {
    if (node.kind === 'match') {
      const held = memory[leaf++];
      return held === undefined ? { value: false, events: [] } : { value: true, events: [held] };
    }
    const left = visit(node.left);
    const right = visit(node.right);
    const value = node.kind === 'and' ? left.value && right.value : left.value || right.value;
    return { value, events: value ? [...left.events, ...right.events] : [] };
  };
  return visit(condition);
}
