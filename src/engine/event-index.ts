import { type Condition, matches } from '../model/condition.ts';
import type { Event } from '../model/event.ts';
import type { Dialect } from '../model/job.ts';
import { keyOf, type MatchKey, valueAt } from './match-key.ts';

/** Those who listen to one event. */
interface Listening<Listener> {
  /** Whatever it has. */
  readonly always: Set<Listener>;
  /** By the place of a value and the value that it must have. */
  readonly keyed: Map<MatchKey['place'], Map<string, Set<Listener>>>;
}

const nobody: ReadonlySet<never> = new Set();

/** Who listens to which event, by its name and by what it has: an event costs what it may match. */
export class EventIndex<Listener> {
  readonly #byName = new Map<string, Listening<Listener>>();

  add(condition: Condition | undefined, dialect: Dialect, listener: Listener): void {
    for (const leaf of leavesOf(condition)) {
      const listening = ensure(this.#byName, leaf.event, createListening<Listener>);
      const key = keyOf(leaf, dialect);
      if (key === undefined) {
        listening.always.add(listener);
      } else {
        const byValue = ensure(listening.keyed, key.place, () => new Map<string, Set<Listener>>());
        ensure(byValue, key.value, () => new Set<Listener>()).add(listener);
      }
    }
  }

  delete(condition: Condition | undefined, dialect: Dialect, listener: Listener): void {
    for (const leaf of leavesOf(condition)) {
      const listening = this.#byName.get(leaf.event);
      if (listening === undefined) continue;
      const { always, keyed } = listening;
      const key = keyOf(leaf, dialect);
      const byValue = key && keyed.get(key.place);
      const listeners = key === undefined ? always : byValue?.get(key.value);
      listeners?.delete(listener);
      if (key !== undefined && listeners?.size === 0) byValue?.delete(key.value);
      if (key !== undefined && byValue?.size === 0) keyed.delete(key.place);
      if (always.size + keyed.size === 0) this.#byName.delete(leaf.event);
    }
  }

  /** Somebody listens to events of this name. */
  hears(name: string): boolean {
    return this.#byName.has(name);
  }

  /** In no particular order; some of them may not match after all. */
  get(event: Event): ReadonlySet<Listener> {
    const listening = this.#byName.get(event.name);
    if (listening === undefined) return nobody;
    let found: ReadonlySet<Listener> = listening.always;
    for (const [place, byValue] of listening.keyed) {
      const value = valueAt(event, place);
      const more = value === undefined ? undefined : byValue.get(value);
      if (more !== undefined) found = found.size === 0 ? more : new Set([...found, ...more]);
    }
    return found;
  }
}

function* leavesOf(condition: Condition | undefined) {
  if (condition !== undefined) yield* matches(condition);
}

function createListening<Listener>(): Listening<Listener> {
  return { always: new Set(), keyed: new Map() };
}

function ensure<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
