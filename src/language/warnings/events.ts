/** Events that nobody emits, and jobs that are not there. */
import type { Match } from '../../model/condition.ts';
import { nearestWord, slipOf } from '../../model/nearest-word.ts';
import { quoted } from '../raise.ts';
import type { EventNames, JobNames } from './job-set.ts';
import { canHappen } from './satisfiable.ts';
import {
  CONDITION_NAMES,
  conditionOf,
  type Leaf,
  leavesOf,
  type Warning,
  type WrittenJob,
} from './written-job.ts';

const JOB_EVENTS = ['starting', 'started', 'stopping', 'stopped'];

/**
 * Events that are not known. Where the jobs are all there are (a folder), an expression that they
 * keep from ever coming true is told; otherwise only what looks like a slip of the pen, because
 * anybody may emit anything.
 */
export function* unknownEvents(
  written: WrittenJob,
  { events, whole }: { readonly events: EventNames; readonly whole: boolean },
): Generator<Warning> {
  for (const name of CONDITION_NAMES) {
    const condition = conditionOf(written, name);
    if (condition === undefined) continue;
    const hopeless = whole && !canHappen(condition, ({ event }) => events.has(event));
    for (const { match, at } of leavesOf(written, name)) {
      const { event } = match;
      if (events.has(event)) continue;
      const slip = slipOf(event, events.names);
      if (!hopeless && slip === undefined) continue;
      yield {
        code: 'unknown-event',
        message: hopeless
          ? `Unknown event: nobody emits ${quoted(event)}, so the job never ${name === 'start on' ? 'starts' : 'stops'} on it`
          : `Unknown event: ${quoted(event)}`,
        hint:
          slip === undefined
            ? `if something outside emits it, say so: \`emits ${event}\``
            : `did you mean \`${slip}\`?`,
        at,
      };
    }
  }
}

/** The job that a leaf waits for, where it waits for one; a pattern. */
export function jobOperand({
  event,
  operands,
}: Match): { index: number; value: string } | undefined {
  if (!JOB_EVENTS.includes(event)) return undefined;
  const index = operands.findIndex(({ name }, at) =>
    name === undefined ? at === 0 : name === 'JOB',
  );
  const operand = operands[index];
  if (operand === undefined || operand.negated || operand.value.includes('$')) return undefined;
  return { index, value: operand.value };
}

/** `started JOB=x`, where no x is loaded. */
export function* unknownJobs(written: WrittenJob, jobs: JobNames): Generator<Warning> {
  for (const name of CONDITION_NAMES) {
    for (const leaf of leavesOf(written, name)) {
      const wanted = jobOperand(leaf.match);
      if (wanted === undefined || jobs.has(wanted.value)) continue;
      yield unknownJob(leaf, wanted, { jobs: jobs.names, own: written.job.name });
    }
  }
}

interface Candidates {
  readonly jobs: ReadonlySet<string>;
  /** The job that waits. */
  readonly own: string;
}

/** A job that waits for itself is not what was meant. */
function* others({ jobs, own }: Candidates): Generator<string> {
  for (const job of jobs) if (job !== own) yield job;
}

/** Among more names than these, one that is merely like it says nothing and is long in finding. */
const FEW = 200;

function unknownJob(
  { match, at, operands }: Leaf,
  { index, value }: { readonly index: number; readonly value: string },
  candidates: Candidates,
): Warning {
  const names = others(candidates);
  const near = candidates.jobs.size > FEW ? slipOf(value, names) : nearestWord(value, names);
  return {
    code: 'unknown-job',
    message: `Unknown job: ${quoted(value)} is not among the jobs, so \`${match.event}\` never comes from it`,
    ...(near === undefined ? {} : { hint: `did you mean \`${near}\`?` }),
    at: operands[index] ?? at,
  };
}
