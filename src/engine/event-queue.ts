/**
 * The one global event queue (UPSTART.md, section 8).
 *
 * An event is pending, then handling, then finished. Handling it may put blockers on it: a leaf of
 * an expression that remembers it, or an instance that it started or stopped. It is finished when
 * the last of them lets go. Blockers are identities, never a count, so that one can always say who
 * keeps an event waiting, and so that letting go twice does no harm.
 *
 * `drain` goes over the events from the oldest to the newest, handling what is pending and
 * finishing what nobody holds, and begins again until a pass found nothing to do. Events that are
 * added meanwhile are reached in the same pass. So everything that follows synchronously from an
 * event happens before anything else is looked at. Nobody may be called back from inside
 * somebody's action: `add` and `release` only note; `drain` acts.
 *
 * Held events cost nothing while they are held: a pass only touches events that can move.
 *
 * Upstart 0.3 went about it a little differently (`oldPasses`): an event that was handled is not
 * finished before the next pass, and a pass ends with the event that was the last when its turn came.
 */
import type { Event } from '../model/event.ts';
import { createEvent } from '../model/event.ts';
import type { Lineage } from './lineage.ts';

/** Who keeps an event from being finished. Compared by identity. */
export type Blocker =
  | {
      readonly kind: 'match';
      readonly job: string;
      readonly instance?: string;
      readonly stanza: 'start on' | 'stop on';
    }
  | { readonly kind: 'instance'; readonly job: string; readonly instance: string };

export interface QueuedEvent {
  readonly event: Event;
  /** In order of creation. */
  readonly serial: number;
  readonly progress: 'pending' | 'handling' | 'finished';
  readonly failed: boolean;
  readonly blockers: ReadonlySet<Blocker>;
  /** The run that emitted it; undefined: it came from outside. */
  readonly from: Lineage | undefined;
}

interface Entry extends QueuedEvent {
  progress: QueuedEvent['progress'];
  failed: boolean;
  readonly blockers: Set<Blocker>;
  readonly onFinished: ((failed: boolean) => void) | undefined;
  /** It waits among the released to be finished. */
  released: boolean;
}

export interface EventQueueOptions {
  readonly hooks: EventQueueHooks;
  readonly oldPasses?: boolean | undefined;
}

export interface AddOptions {
  readonly from?: Lineage | undefined;
  /** Called once, before anything that follows from the end of the event. */
  readonly onFinished?: (failed: boolean) => void;
}

export interface EventQueueHooks {
  /** Feeds the event to all expressions; may call `block`, `release`, `add`. */
  handle(event: QueuedEvent): void;
  /** Something was queued, began to be handled, or was finished. */
  announce(event: QueuedEvent): void;
  /** There is something to do: `drain` should be called soon. */
  wake(): void;
}

export class EventQueue {
  readonly #hooks: EventQueueHooks;
  readonly #oldPasses: boolean;
  readonly #unfinished = new Map<number, Entry>();
  readonly #pending: Entry[] = [];
  #pendingFrom = 0;
  /** Handling, and nobody holds them any more; in order of serial. */
  readonly #released: Entry[] = [];
  #serial = 0;
  #current: Entry | undefined;

  constructor({ hooks, oldPasses = false }: EventQueueOptions) {
    this.#hooks = hooks;
    this.#oldPasses = oldPasses;
  }

  add(event: Event, { from, onFinished }: AddOptions = {}): QueuedEvent {
    const entry: Entry = {
      event,
      serial: this.#serial++,
      progress: 'pending',
      failed: false,
      blockers: new Set(),
      from,
      onFinished,
      released: false,
    };
    this.#unfinished.set(entry.serial, entry);
    this.#pending.push(entry);
    this.#hooks.announce(entry);
    this.#hooks.wake();
    return entry;
  }

  block(event: QueuedEvent, blocker: Blocker): void {
    this.#entry(event)?.blockers.add(blocker);
  }

  /** Lets go; `failed` marks the event, which then gives NAME/failed when it is finished. */
  release(event: QueuedEvent, blocker: Blocker, outcome?: { readonly failed: boolean }): void {
    const entry = this.#entry(event);
    if (entry === undefined || !entry.blockers.delete(blocker)) return;
    if (outcome?.failed) entry.failed = true;
    if (entry.blockers.size > 0 || entry.progress !== 'handling' || entry === this.#current) return;
    this.#noteReleased(entry);
    this.#hooks.wake();
  }

  /** Marks it as failed, and lets nobody go. */
  fail(event: QueuedEvent): void {
    const entry = this.#entry(event);
    if (entry !== undefined) entry.failed = true;
  }

  /** At most `limit` steps; false where that was not enough to come to rest. */
  drain(limit = Number.POSITIVE_INFINITY): boolean {
    if (this.#current !== undefined) return true;
    if (this.#oldPasses) return this.#drainOld(limit);
    let cursor = -1;
    for (let steps = 0; ; steps += 1) {
      let entry = this.#next(cursor);
      if (entry === undefined && cursor >= 0) entry = this.#next(-1);
      if (entry === undefined) return true;
      if (steps >= limit) {
        this.#putBack(entry);
        return false;
      }
      cursor = entry.serial;
      if (entry.progress === 'pending') this.#handle(entry);
      else if (entry.blockers.size === 0) this.#finish(entry);
    }
  }

  #drainOld(limit: number): boolean {
    let steps = 0;
    for (let moved = true; moved; ) {
      moved = false;
      const passing = this.#unfinished.values();
      // What comes next is settled before this one is looked at, as it was in 0.3.
      for (let now = passing.next(); !now.done; ) {
        const next = passing.next();
        const entry = now.value;
        if (entry.progress === 'pending') {
          this.#take(entry);
          moved = true;
        } else if (entry.blockers.size === 0) {
          this.#finish(entry);
          moved = true;
        }
        if (moved && ++steps >= limit) return false;
        now = next;
      }
    }
    this.#pending.length = 0;
    this.#pendingFrom = 0;
    this.#released.length = 0;
    return true;
  }

  /** Nothing is pending and nothing can be finished. */
  get quiet(): boolean {
    return this.#pendingFrom >= this.#pending.length && this.#released.length === 0;
  }

  /** Events that somebody holds, or that are still to be handled; oldest first. */
  unfinished(): readonly QueuedEvent[] {
    return [...this.#unfinished.values()];
  }

  #entry(event: QueuedEvent): Entry | undefined {
    return this.#unfinished.get(event.serial);
  }

  /** Takes the oldest event behind `cursor` that can move. */
  #next(cursor: number): Entry | undefined {
    const at = this.#releasedBehind(cursor);
    const released = this.#released[at];
    const pending = this.#pending[this.#pendingFrom];
    // Pending events are always behind the cursor: a pass handles them in their order.
    if (released !== undefined && (pending === undefined || released.serial < pending.serial)) {
      this.#released.splice(at, 1);
      released.released = false;
      return released;
    }
    if (pending === undefined) return undefined;
    this.#pendingFrom += 1;
    if (this.#pendingFrom > 1024 && this.#pendingFrom * 2 > this.#pending.length) {
      this.#pending.splice(0, this.#pendingFrom);
      this.#pendingFrom = 0;
    }
    return pending;
  }

  #putBack(entry: Entry): void {
    if (entry.progress === 'handling') {
      this.#noteReleased(entry);
    } else if (this.#pendingFrom > 0) {
      this.#pendingFrom -= 1;
    } else {
      this.#pending.unshift(entry);
    }
  }

  #noteReleased(entry: Entry): void {
    if (entry.released) return;
    entry.released = true;
    this.#released.splice(this.#releasedBehind(entry.serial), 0, entry);
  }

  /** The place of the first released event that is younger than `serial`. */
  #releasedBehind(serial: number): number {
    let from = 0;
    let to = this.#released.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#released[middle] as Entry).serial > serial) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  #handle(entry: Entry): void {
    this.#take(entry);
    if (entry.blockers.size === 0) this.#finish(entry);
  }

  #take(entry: Entry): void {
    entry.progress = 'handling';
    this.#hooks.announce(entry);
    this.#current = entry;
    try {
      this.#hooks.handle(entry);
    } finally {
      this.#current = undefined;
    }
  }

  #finish(entry: Entry): void {
    entry.progress = 'finished';
    this.#unfinished.delete(entry.serial);
    this.#hooks.announce(entry);
    entry.onFinished?.(entry.failed);
    const { name, variables, old } = entry.event;
    if (entry.failed && !name.endsWith('/failed')) {
      this.add(createEvent(`${name}/failed`, variables, old), { from: entry.from });
    }
  }
}
