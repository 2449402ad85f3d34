/**
 * Jobs that wait for each other. Two ways lead there:
 *
 * - each is started only by an event that another of them emits when it starts, so that none is
 *   ever the first;
 * - a job holds the `starting` of another (it is to come up before it) and itself waits for
 *   something that happens only once that other job has come up.
 */
import { type Match, matches } from '../../model/condition.ts';
import type { JobDefinition } from '../../model/job.ts';
import { quoted } from '../raise.ts';
import { jobOperand } from './events.ts';
import { ringMembers } from './ring-members.ts';
import { canHappen } from './satisfiable.ts';
import { type Leaf, leavesOf, type Warning, type WrittenJob } from './written-job.ts';

export function* waitingCycles(jobs: readonly WrittenJob[]): Generator<Warning> {
  const byName = new Map(jobs.map((written) => [written.job.name, written]));
  const graph = { byName, comesUp: comingUp(jobs) };
  const stuck = Array.from(byName.keys()).filter((name) => !graph.comesUp.has(name));
  const inRing = ringMembers(stuck, (name) => stuckNeighbours(graph, name));
  for (const written of jobs) {
    const { name } = written.job;
    if (!inRing.has(name)) continue;
    const leaf = leavesOf(written, 'start on').find(({ match }) => jobOperand(match) !== undefined);
    if (leaf !== undefined) yield neverFirst(leaf, name, ringOf(graph, name));
  }
  yield* heldCycles(jobs, graph);
}

interface Graph {
  readonly byName: ReadonlyMap<string, WrittenJob>;
  /** The jobs that can be started by events, in the course of time. */
  readonly comesUp: ReadonlySet<string>;
}

/**
 * The jobs that can come up. A job without `start on` is started by hand; a job that is not loaded
 * is somebody else's matter. The one that is `held` gets as far as `starting` and no further.
 */
function comingUp(jobs: readonly WrittenJob[], held?: string): Set<string> {
  const loaded = new Set(jobs.map(({ job }) => job.name));
  const up = new Set<string>();
  const possible = (match: Match) => {
    const wanted = jobOperand(match)?.value;
    const candidates = wanted === undefined ? [] : matching(wanted, loaded);
    if (candidates.length === 0) return true;
    return candidates.some((name) => up.has(name) || (match.event === 'starting' && name === held));
  };
  const dependents = dependentsOf(jobs, loaded);
  const queue = jobs.map(({ job }) => job);
  for (const job of queue) {
    if (up.has(job.name) || job.name === held) continue;
    if (job.startOn !== undefined && !canHappen(job.startOn, possible)) continue;
    up.add(job.name);
    for (const dependent of dependents.get(job.name) ?? []) queue.push(dependent);
  }
  return up;
}

/** Who waits for an event of a job, by that job's name. */
function dependentsOf(
  jobs: readonly WrittenJob[],
  loaded: ReadonlySet<string>,
): ReadonlyMap<string, readonly JobDefinition[]> {
  const dependents = new Map<string, JobDefinition[]>();
  for (const { job } of jobs) {
    for (const match of job.startOn === undefined ? [] : matches(job.startOn)) {
      const wanted = jobOperand(match)?.value;
      for (const name of wanted === undefined ? [] : matching(wanted, loaded)) {
        const known = dependents.get(name);
        if (known === undefined) dependents.set(name, [job]);
        else known.push(job);
      }
    }
  }
  return dependents;
}

/** A pattern that many jobs match is not what a job waits for in vain. */
function matching(pattern: string, names: ReadonlySet<string>): string[] {
  return names.has(pattern) ? [pattern] : [];
}

/** Nobody could follow a longer way. */
const LONGEST_RING = 100;

/** The way from a job that never comes up back to itself; undefined where it is too long. */
function ringOf(graph: Graph, name: string): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [name];
  for (const at of queue) {
    for (const next of stuckNeighbours(graph, at)) {
      if (next === name) return wayTo(cameFrom, name, at);
      if (cameFrom.has(next) || cameFrom.size >= LONGEST_RING) continue;
      cameFrom.set(next, at);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(cameFrom: ReadonlyMap<string, string>, from: string, to: string): string[] {
  const way = [to];
  for (let at = to; at !== from; ) {
    at = cameFrom.get(at) ?? from;
    way.unshift(at);
  }
  return way;
}

/** The jobs that a job waits for and that never come up either. */
function* stuckNeighbours({ byName, comesUp }: Graph, name: string): Generator<string> {
  const { startOn } = byName.get(name)?.job ?? {};
  if (startOn === undefined) return;
  for (const match of matches(startOn)) {
    const wanted = jobOperand(match)?.value;
    if (wanted !== undefined && byName.has(wanted) && !comesUp.has(wanted)) yield wanted;
  }
}

function neverFirst({ at }: Leaf, own: string, ring: readonly string[] | undefined): Warning {
  const way =
    ring === undefined
      ? `${quoted(own)} waits for itself by way of many others`
      : [...ring, own].map(quoted).join(' waits for ');
  return {
    code: 'waiting-cycle',
    message: `Jobs wait for each other: ${way}, so none of them is ever the first`,
    hint: 'let one of them start on something else too: `… or startup`',
    at,
  };
}

/** More than this is no folder of jobs, and each costs a walk over all of them. */
const MOST_HELD = 500;

/** A holder of `starting x` that cannot come up while x is held. */
function* heldCycles(jobs: readonly WrittenJob[], { byName, comesUp }: Graph): Generator<Warning> {
  let looked = 0;
  for (const written of jobs) {
    const { name, startOn } = written.job;
    // Where one event is all that a job waits for, it waits for nothing while it holds it.
    if (startOn === undefined || startOn.kind === 'match' || !comesUp.has(name)) continue;
    for (const { match, at } of leavesOf(written, 'start on')) {
      const held = match.event === 'starting' ? jobOperand(match)?.value : undefined;
      if (held === undefined || !byName.has(held) || !comesUp.has(held)) continue;
      looked += 1;
      if (looked > MOST_HELD) return;
      if (comingUp(jobs, held).has(name)) continue;
      yield {
        code: 'waiting-cycle',
        message: `Jobs wait for each other: \`${held}\` is held until this job comes up, and this job waits for what comes only after \`${held}\``,
        hint: `take \`starting ${held}\` out, or what it is joined with`,
        at,
      };
    }
  }
}
