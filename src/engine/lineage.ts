/**
 * What brought a run about, as far as it was other runs: the run that emitted the event which
 * started it, and so on back to something from outside. A job that finds itself there is started by
 * what it did itself; that is how a loop is told from a job that others start often.
 *
 * Upstart runs such a loop for ever. Here a job may come round so many times within ten seconds, and
 * so many times while its earlier rounds still run; the next start is refused, which ends the loop.
 * A job that comes round slowly, such as a ticker that starts on its own end, is none of our
 * business.
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
  /** How many of the rounds run now, each because of the one before. */
  readonly nested: number;
  /** Set when the run is over. */
  over: boolean;
}

const WINDOW_MS = 10_000;
const MAX_OF_INSTANCE = 50;
/** A chain of instances of one job, each starting the next, is no loop unless it is a very long one. */
const MAX_ROUNDS = 10_000;
/** A job that waits for another instance of itself, which waits for another, … */
const MAX_NESTED = 100;
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
  const nested = before === undefined || before.over ? 1 : before.nested + 1;
  const first = { job, instance, since: now, rounds: 1, ofInstance: 1, nested, over: false };
  if (before === undefined) return { ...first, parent: from };
  const { parent, since } = before;
  const isLate = now - since >= WINDOW_MS;
  const rounds = isLate ? 1 : before.rounds + 1;
  const isSame = !isLate && before.instance === instance;
  const ofInstance = isSame ? before.ofInstance + 1 : 1;
  const start = { job, instance, from };
  if (nested > MAX_NESTED) throw loop(start, `it runs ${before.nested} times already`);
  if (ofInstance > MAX_OF_INSTANCE || rounds > MAX_ROUNDS) {
    throw loop(start, `it was started ${before.rounds} times within ${WINDOW_MS / 1000} s`);
  }
  return { ...first, parent, since: isLate ? now : since, rounds, ofInstance };
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
}

function loop({ job, instance, from }: Loop, why: string): DomstartError {
  const ring: string[] = [];
  for (let at = from; at !== undefined; at = at.parent) {
    ring.unshift(at.job);
    if (at.job === job) break;
  }
  const shown =
    ring.length > MAX_NAMES ? [...ring.slice(0, MAX_NAMES - 1), '…', ring.at(-1)] : ring;
  return new DomstartError(
    'event-loop',
    `event loop: ${formatInstance(job, instance)} is not started again: ${why} because of what it ` +
      `did itself, by way of ${shown.join(' → ')} → ${job}`,
    { hint: 'look at the `start on` of each of them and at the events that it emits' },
  );
}
