import type { Environment, Variable } from '../model/environment.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Memory } from './condition-memory.ts';
import { emptyMemory, feed, trueEvents } from './condition-memory.ts';
import type { Blocker, EventQueue, QueuedEvent } from './event-queue.ts';

/** Why a goal changes: the events that are held for it, or the command that waits for it. */
export interface Cause {
  readonly events?: readonly QueuedEvent[];
  readonly answer?: (failed: boolean) => void;
}

export interface HoldsOptions {
  readonly job: JobDefinition;
  readonly instance: string;
  readonly queue: EventQueue;
}

/** A `stop on` that came true: its events, and the variables that the stop brings. */
export interface StopCause {
  readonly events: readonly QueuedEvent[];
  readonly variables: readonly Variable[];
}

/**
 * The events that one instance keeps from being finished, and the commands that wait for it
 * (UPSTART.md, sections 8 and 12.4): those that changed its goal, until it is where they sent it,
 * and those that its `stop on` remembers.
 */
export class Holds {
  readonly #options: HoldsOptions;
  readonly #blocker: Blocker;
  readonly #stopBlocker: Blocker;
  readonly #held = new Set<QueuedEvent>();
  #answers: ((failed: boolean) => void)[] = [];
  #stopMemory: Memory<QueuedEvent>;
  /** event.d: it failed, and has not let go yet of what it holds. */
  #failed = false;

  constructor(options: HoldsOptions) {
    const { job, instance } = options;
    this.#options = options;
    this.#blocker = { kind: 'instance', job: job.name, instance };
    this.#stopBlocker = { kind: 'match', job: job.name, instance, stanza: 'stop on' };
    this.#stopMemory = job.stopOn === undefined ? [] : emptyMemory(job.stopOn);
  }

  /** The first of the events that changed its goal, as long as it is held. */
  get cause(): QueuedEvent | undefined {
    for (const held of this.#held) return held;
    return undefined;
  }

  /** Lets go of what was held before, and holds what is the cause of the new goal. */
  replace({ events = [], answer }: Cause, outcome = { failed: false }): void {
    this.release(outcome);
    for (const event of events) {
      this.#options.queue.block(event, this.#blocker);
      this.#held.add(event);
    }
    if (answer !== undefined) this.#answers.push(answer);
  }

  release(outcome: { readonly failed: boolean }): void {
    // Upstart 0.3 marks them at once, and lets go of them where it always does.
    if (this.#options.job.dialect === 'event.d' && outcome.failed) {
      for (const event of this.#held) this.#options.queue.fail(event);
      this.#failed = true;
      return;
    }
    const failed = outcome.failed || this.#failed;
    this.#failed = false;
    for (const event of this.#held) this.#options.queue.release(event, this.#blocker, { failed });
    this.#held.clear();
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) answer(failed);
  }

  /**
   * Feeds an event to `stop on`. Gives the cause where that came true; it is remembered until
   * `forgetStop`, so that it can be held before it is let go.
   */
  feedStop(queued: QueuedEvent, environment: Environment): StopCause | undefined {
    const { stopOn, dialect } = this.#options.job;
    if (stopOn === undefined) return undefined;
    const { event } = queued;
    const fed = feed(stopOn, this.#stopMemory, { event, held: queued, environment, dialect });
    if (fed.matched === 0) return undefined;
    this.#stopMemory = fed.memory;
    this.#options.queue.block(queued, this.#stopBlocker);
    if (!fed.value) return undefined;
    const events = trueEvents(stopOn, fed.memory);
    const names = events.map(({ event: { name } }) => name).join(' ');
    const variables = events.flatMap(({ event: { variables } }) => variables);
    return { events, variables: [...variables, { name: 'UPSTART_STOP_EVENTS', value: names }] };
  }

  /** Releases what `stop on` remembers. */
  forgetStop(): void {
    for (const event of new Set(this.#stopMemory)) {
      if (event !== undefined) this.#options.queue.release(event, this.#stopBlocker);
    }
    this.#stopMemory = this.#stopMemory.map(() => undefined);
  }
}
