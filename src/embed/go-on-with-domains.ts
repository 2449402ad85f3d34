import type { Adoptions, LeftRun } from '../domain/adoptions.ts';
import { endLeftRun } from '../domain/left-runs.ts';
import type { Engine } from '../engine/engine.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';

export interface GoingOn {
  readonly adoptions: Adoptions;
  readonly clock: Clock;
  readonly problem: (error: DomstartError) => void;
  /** Somebody else goes on with it. */
  readonly isOthers?: (record: LeftRun['record']) => boolean;
}

/**
 * Starts the job of every domain that an earlier daemon has left running, with the environment that it
 * had: its main process takes that domain then (domain-run.ts). A domain whose job is gone, or is
 * another one now, is ended.
 */
export async function goOnWithDomains(engine: Engine, options: GoingOn): Promise<void> {
  for (const run of options.adoptions.list()) {
    if (options.isOthers?.(run.record)) continue;
    const why = await start(engine, run);
    if (why !== undefined) await end(run, { ...options, why });
  }
}

/** Gives why it cannot be. */
async function start(engine: Engine, { record }: LeftRun): Promise<string | undefined> {
  const variables = record.environment
    .filter(([name]) => !name.startsWith('UPSTART_'))
    .map(([name, value]) => ({ name, value }));
  try {
    const { instance } = await engine.start(record.job, variables);
    return instance === record.instance ? undefined : `its instance is ${instance} now`;
  } catch (error) {
    return messageOf(error);
  }
}

async function end(
  run: LeftRun,
  { adoptions, clock, problem, why }: GoingOn & { readonly why: string },
): Promise<void> {
  const { folder, record } = run;
  adoptions.take(record.job, record.instance);
  problem(
    new DomstartError('job-unknown', `domain ${folder.id} is ended, not gone on with: ${why}`),
  );
  try {
    await endLeftRun(run, clock);
  } catch (error) {
    problem(toDomstartError(error));
  }
}
