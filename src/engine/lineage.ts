/**
 * What brought a run about, as far as it was other runs: the run that emitted the event which
 * started it, and so on back to something from outside. A job that finds itself there is started by
 * what it did itself; that is how a loop is told from a job that others start often.
 *
 * Upstart runs such a loop for ever. Here a job may come round so many times within ten seconds; the
 * next start is refused, which ends the loop. A job that comes round slowly, such as a ticker that
 * starts on its own end, is none of our business.
 *
 * A job that comes round takes the place of its earlier run, so that a lineage is never longer than
 * there are jobs.
 */
import { DomstartError } from '../model/errors.ts';
import { formatInstance } from './job-state.ts';

export interface Lineage {
  readonly job: string;
  readonly instance: string;
  readonly parent: Lineage | undefined;
  /** Milliseconds of the clock: the first of these rounds. */
  readonly since: number;
  /** How often it came round since then, and how often this very instance did. */
  readonly rounds: number;
  readonly ofInstance: number;
}

const WINDOW_MS = 10_000;
const MAX_OF_INSTANCE = 100;
/** A chain of instances of one job, each starting the next, is no loop unless it is a very long one. */
const MAX_ROUNDS = 10_000;
/** Of a ring that is named. */
const MAX_NAMES = 10;

export interface Start {
  readonly job: string;
  readonly instance: string;
  /** Milliseconds of the clock. */
  readonly now: number;
}

/** The lineage of a run that is started by what `from` did. Throws `event-loop`. */
export function descend(from: Lineage | undefined, { job, instance, now }: Start): Lineage {
  const before = ancestor(from, job);
  const first = { job, instance, parent: from, since: now, rounds: 1, ofInstance: 1 };
  if (before === undefined) return first;
  if (now - before.since >= WINDOW_MS) return { ...first, parent: before.parent };
  const rounds = before.rounds + 1;
  const ofInstance = before.instance === instance ? before.ofInstance + 1 : 1;
  if (ofInstance > MAX_OF_INSTANCE || rounds > MAX_ROUNDS) {
    throw loop({ job, instance, from, rounds: Math.min(rounds, before.rounds) });
  }
  return { ...before, instance, rounds, ofInstance };
}

function ancestor(from: Lineage | undefined, job: string): Lineage | undefined {
  let at = from;
  while (at !== undefined && at.job !== job) at = at.parent;
  return at;
}

interface Loop {
  readonly job: string;
  readonly instance: string;
  readonly from: Lineage | undefined;
  readonly rounds: number;
}

function loop({ job, instance, from, rounds }: Loop): DomstartError {
  const ring: string[] = [];
  for (let at = from; at !== undefined; at = at.parent) {
    ring.unshift(at.job);
    if (at.job === job) break;
  }
  const shown =
    ring.length > MAX_NAMES ? [...ring.slice(0, MAX_NAMES - 1), '…', ring.at(-1)] : ring;
  return new DomstartError(
    'event-loop',
    `event loop: ${formatInstance(job, instance)} is not started again: what it did itself has ` +
      `started it ${rounds} times within ${WINDOW_MS / 1000} s, by way of ${shown.join(' → ')} → ${job}`,
    { hint: 'look at the `start on` of each of them and at the events that it emits' },
  );
}
