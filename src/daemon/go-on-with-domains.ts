import type { Adoptions, LeftRun } from '../domain/adoptions.ts';
import { destroyLeftDomains } from '../domain/xen/left-overs.ts';
import type { Engine } from '../engine/engine.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import { systemClock } from '../process/system-clock.ts';

export interface GoingOn {
  readonly adoptions: Adoptions;
  readonly problem: (error: DomstartError) => void;
}

/**
 * Starts the job of every domain that an earlier daemon has left running, with the environment that it
 * had: its main process takes that domain then (domain-run.ts). A domain whose job is gone, or is
 * another one now, is ended.
 */
export async function goOnWithDomains(engine: Engine, options: GoingOn): Promise<void> {
  for (const run of options.adoptions.list()) {
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
  { folder, record }: LeftRun,
  { adoptions, problem, why }: GoingOn & { readonly why: string },
): Promise<void> {
  adoptions.take(record.job, record.instance);
  problem(
    new DomstartError('job-unknown', `domain ${folder.id} is ended, not gone on with: ${why}`),
  );
  try {
    await destroyLeftDomains([folder.id], systemClock);
    await folder.remove();
  } catch (error) {
    problem(toDomstartError(error));
  }
}
