import type { Adoptions, LeftRun } from '../domain/adoptions.ts';
import { endLeftRun } from '../domain/left-runs.ts';
import type { OfInstance } from '../engine/announcements.ts';
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
    const job = engine.job(run.record.job);
    const isOther = job !== undefined && job.domain === undefined;
    const why = isOther ? `its job ${job.name} runs no domain any more` : await start(engine, run);
    if (why === undefined) endUnlessTaken(engine, run, options);
    else await end(run, { ...options, why });
  }
}

/** Its job may be stopped before its main process would take it. */
function endUnlessTaken(engine: Engine, run: LeftRun, options: GoingOn): void {
  const { job, instance } = run.record;
  const off = engine.on('result', (told) => {
    if (told.job !== job || told.instance !== instance) return;
    off();
    if (!options.adoptions.list().includes(run)) return;
    void end(run, { ...options, why: `${job} was stopped` });
  });
}

export interface Restoring {
  readonly adoptions: Adoptions;
  /** The control socket of this daemon. */
  readonly owner: string;
  readonly runs: string;
  /** What was saved stays where it is. */
  readonly keep: boolean;
}

/**
 * Starts the job of a domain that was saved, with the environment that it had: it goes on where it
 * stood. Throws a DomstartError, and leaves what was saved as it is then.
 */
export async function restoreDomain(
  engine: Engine,
  from: string,
  { adoptions, owner, runs, keep }: Restoring,
): Promise<void> {
  const { readSaved, refuseOther, removeSaved, takeSaved } = await import('../domain/saved-run.ts');
  const record = readSaved(from);
  refuseOther(record, engine.job(record.run.job));
  const run = await takeSaved(from, { record, runDir: runs, owner });
  adoptions.add(run);
  const spawned = whenSpawned(engine, run);
  try {
    const why = await start(engine, run);
    if (why !== undefined) {
      throw new DomstartError('job-unchanged', `cannot restore ${from}: ${why}`, {
        hint: 'stop the instance that runs, and restore then',
      });
    }
    await spawned;
  } finally {
    if (adoptions.drop(run)) await run.folder.remove();
  }
  if (!keep) await removeSaved(from).catch((error) => refuseLeft(from, error));
}

function refuseLeft(from: string, cause: unknown): never {
  const why = messageOf(cause);
  throw new DomstartError('host-io', `it goes on, but ${from} cannot be removed: ${why}`, {
    hint: 'remove it, so that it is not restored twice',
    cause,
  });
}

/** Resolves when its domain is there; rejects where it cannot be. */
function whenSpawned(engine: Engine, { record }: LeftRun): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const isIts = (of: OfInstance) => of.job === record.job && of.instance === record.instance;
  const offs = [
    engine.on('process', (told) => {
      if (!isIts(told) || told.process !== 'main') return;
      if (told.kind === 'spawn') resolve();
      else if (told.kind === 'spawn-failed') reject(told.error);
    }),
    engine.on('result', (told) => {
      if (isIts(told)) {
        reject(told.error ?? new DomstartError('cancelled', `${record.job} was stopped`));
      }
    }),
  ];
  const over = promise.finally(() => {
    for (const off of offs) off();
  });
  // Nobody waits for it where the start is refused.
  over.catch(() => undefined);
  return over;
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
