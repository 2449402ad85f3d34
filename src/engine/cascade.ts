/**
 * Everything that follows from one event or command from outside, however far. A job that brings
 * about its own next start, by whatever way round, starts again and again within one cascade; that
 * is how a loop is told from a job that the outside starts often.
 *
 * Upstart runs such a loop for ever. Here a job may be started by events of one cascade so many
 * times within ten seconds; the next start is refused, which ends the loop. A job that comes round
 * slowly, such as a ticker that starts on its own end, is none of our business.
 */
import { DomstartError } from '../model/errors.ts';
import { formatInstance } from './job-state.ts';

const WINDOW_MS = 10_000;
/** Of one instance, and of all instances of one job together. */
const MAX_OF_INSTANCE = 100;
const MAX_OF_JOB = 10_000;
/** Names in a cascade that lives long are forgotten when they are no longer of interest. */
const SWEEP_AT = 1000;

interface Count {
  since: number;
  starts: number;
}

export class Cascade {
  readonly #counts = new Map<string, Count>();

  /** Counts a start by an event; throws `event-loop` where there were too many. */
  count(job: string, instance: string, now: number): void {
    const name = formatInstance(job, instance);
    if (
      this.#add(name, now) <= MAX_OF_INSTANCE &&
      (instance === '' || this.#add(job, now) <= MAX_OF_JOB)
    ) {
      return;
    }
    throw new DomstartError(
      'event-loop',
      `event loop: ${name} is not started again, because what it does has started it ` +
        `${MAX_OF_INSTANCE} times within ${WINDOW_MS / 1000} s; in the loop: ${this.#ring(name)}`,
      { hint: 'look at the `start on` of each of them and at the events that it emits' },
    );
  }

  /** Whoever started about as often goes round with it. */
  #ring(name: string): string {
    const often = [...this.#counts].filter(([, { starts }]) => starts >= MAX_OF_INSTANCE - 1);
    return [...new Set([name, ...often.map(([other]) => other)])].slice(0, 10).join(', ');
  }

  #add(name: string, now: number): number {
    const count = this.#counts.get(name);
    if (count !== undefined && now - count.since < WINDOW_MS) {
      count.starts += 1;
      return count.starts;
    }
    if (this.#counts.size >= SWEEP_AT) this.#sweep(now);
    this.#counts.set(name, { since: now, starts: 1 });
    return 1;
  }

  #sweep(now: number): void {
    for (const [name, { since }] of this.#counts) {
      if (now - since >= WINDOW_MS) this.#counts.delete(name);
    }
  }
}
