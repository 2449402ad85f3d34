import { jobNames } from '../../language/warnings/job-set.ts';
import { BUILT_IN } from '../../language/warnings/known-events.ts';
import type { Condition, Match } from '../../model/condition.ts';
import { matchesGlob } from '../../model/glob.ts';
import { namedJob } from './named-job.ts';

export interface CheckedJob {
  readonly job: string;
  readonly emits: readonly string[];
  readonly startOn?: Condition;
  readonly stopOn?: Condition;
}

export interface CheckConfigOptions {
  /** Events that something outside emits. */
  readonly ignored: ReadonlySet<string>;
  /** Also where the rest of an `or` can come true. */
  readonly warn: boolean;
}

/** What keeps a condition of a job from coming true. */
export interface ConfigProblem {
  readonly job: string;
  readonly stanza: 'start on' | 'stop on';
  readonly unknown: 'event' | 'job';
  readonly name: string;
}

/** The daemon has its own file bridge. */
const OF_DAEMON = ['file'];

/**
 * What Upstart's `initctl check-config` finds: conditions that cannot come true, because nobody
 * emits an event or there is no such job. In its order: of an expression the last operand first.
 */
export function checkConfig(
  jobs: readonly CheckedJob[],
  { ignored, warn }: CheckConfigOptions,
): ConfigProblem[] {
  const names = jobNames(new Set(jobs.map(({ job }) => job)));
  const emitted = [...new Set(jobs.flatMap(({ emits }) => emits))];
  const isKnown = (event: string) =>
    BUILT_IN.includes(event) ||
    OF_DAEMON.includes(event) ||
    ignored.has(event) ||
    emitted.some((pattern) => matchesGlob(pattern, event));

  function* ofMatch(match: Match): Generator<Pick<ConfigProblem, 'unknown' | 'name'>> {
    const { job } = namedJob(match);
    if (!isKnown(match.event)) yield { unknown: 'event', name: match.event };
    if (job !== undefined && !job.startsWith('$') && !names.has(job)) {
      yield { unknown: 'job', name: job };
    }
  }

  function canHappen(condition: Condition): boolean {
    if (condition.kind === 'match') return ofMatch(condition).next().done === true;
    const right = canHappen(condition.right);
    const both = condition.kind === 'and' || warn;
    return both ? right && canHappen(condition.left) : right || canHappen(condition.left);
  }

  /** The outermost expression that cannot come true; a lone leaf of one that can is no fault. */
  function faulty(condition: Condition): Condition | undefined {
    if (!canHappen(condition)) return condition;
    if (condition.kind === 'match') return undefined;
    for (const side of [condition.right, condition.left]) {
      const found = side.kind === 'match' ? undefined : faulty(side);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  function* problemsIn(condition: Condition): Generator<Pick<ConfigProblem, 'unknown' | 'name'>> {
    if (condition.kind === 'match') {
      yield* ofMatch(condition);
      return;
    }
    yield* problemsIn(condition.right);
    yield* problemsIn(condition.left);
  }

  return jobs.flatMap(({ job, startOn, stopOn }) =>
    (
      [
        ['start on', startOn],
        ['stop on', stopOn],
      ] as const
    ).flatMap(([stanza, condition]) => {
      const fault = condition === undefined ? undefined : faulty(condition);
      if (fault === undefined) return [];
      return Array.from(problemsIn(fault), (problem) => ({ job, stanza, ...problem }));
    }),
  );
}

/** As Upstart's initctl prints them, each job named once. */
export function formatProblems(problems: readonly ConfigProblem[]): string[] {
  return problems.flatMap(({ job, stanza, unknown, name }, at) => [
    ...(problems[at - 1]?.job === job ? [] : [job]),
    `  ${stanza}: unknown ${unknown} ${name}`,
  ]);
}
