import type { JobDefinition } from '../model/job.ts';
import type { Ending } from '../ports/main-process.ts';

/** The counters of `respawn limit`; they live as long as the instance. */
export interface RespawnSeries {
  /** Of the first respawn of the series, in whole seconds of the clock. */
  readonly since: number;
  readonly count: number;
}

/** Upstart's: the first end is never within the interval of anything. */
export const noRespawns: RespawnSeries = { since: Number.NEGATIVE_INFINITY, count: 0 };

/** What the end of a main process means for its job (UPSTART.md, sections 13 and 20). */
export type Verdict =
  | { readonly kind: 'normal' }
  | { readonly kind: 'respawn'; readonly series: RespawnSeries }
  | { readonly kind: 'respawn-limit' }
  | { readonly kind: 'failed' };

export interface VerdictOptions {
  readonly job: Pick<JobDefinition, 'dialect' | 'task' | 'respawn' | 'respawnLimit' | 'normalExit'>;
  readonly ending: Ending;
  readonly series: RespawnSeries;
  /** Of the clock, in seconds. */
  readonly now: number;
  /** Nothing is respawned any more: the end of a job with `respawn` is one without. */
  readonly final?: boolean | undefined;
}

/** For an end that came while the goal was start; any other end is normal. */
export function verdictOf({ job, ending, series, now, final = false }: VerdictOptions): Verdict {
  if (ending.kind === 'failed') return { kind: 'failed' };
  const respawn = job.respawn && !final;
  const bad = !isSuccess(ending) || (respawn && !job.task);
  if (!bad || isListed(ending, job.normalExit)) return { kind: 'normal' };
  if (!respawn) return { kind: 'failed' };
  // Upstart 0.3 counts when it starts again.
  if (job.dialect === 'event.d') return { kind: 'respawn', series };
  const next = countRespawn(job.respawnLimit, series, Math.floor(now));
  return next === undefined ? { kind: 'respawn-limit' } : { kind: 'respawn', series: next };
}

/** Counts a start of an event.d job; true where it was one too many. `now` is in seconds. */
export type StartCount = (job: JobDefinition, now: number) => boolean;

/**
 * Upstart 0.3 counts starts, those by hand too, and keeps the count with the job; more than `limit`
 * within `interval` seconds of the first are too many (UPSTART.md, section 26.4).
 */
export function createStartCount(): StartCount {
  let series = noRespawns;
  return ({ respawnLimit }, now) => {
    const next = countRespawn(respawnLimit, series, Math.floor(now));
    series = next ?? series;
    return next === undefined;
  };
}

export function isSuccess(ending: Ending): boolean {
  return ending.kind === 'exited' && ending.status === 0;
}

function isListed(ending: Ending, normalExit: JobDefinition['normalExit']): boolean {
  switch (ending.kind) {
    case 'exited':
      return normalExit.includes(ending.status);
    case 'signalled':
      return normalExit.includes(ending.signal);
    case 'failed':
      return false;
  }
}

function countRespawn(
  respawnLimit: JobDefinition['respawnLimit'],
  series: RespawnSeries,
  now: number,
): RespawnSeries | undefined {
  const { limit, interval } =
    respawnLimit === null
      ? { limit: 0, interval: 0 }
      : (respawnLimit ?? { limit: 10, interval: 5 });
  if (limit === 0 || interval === 0) return series;
  if (now - series.since >= interval) return { since: now, count: 1 };
  const count = series.count + 1;
  return count > limit ? undefined : { since: series.since, count };
}
