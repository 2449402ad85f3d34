import { existsSync } from 'node:fs';
import { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess } from '../ports/main-process.ts';
import { preparePrivateFolder } from '../system/private-folder.ts';
import { createDomainRun, type DomainProcessOptions } from './domain-run.ts';
import { type Heir, keepLeftRuns } from './left-runs.ts';
import { sweepRuns } from './run-folder.ts';

const RUN_FOLDER = { what: 'run folder', hint: 'set DOMSTART_RUN to a folder of your own' };

/**
 * Removes what killed runs left in `runDir`, where there is one: for who has no run yet. Throws
 * `host-io`. `heir` gets those that it is to go on with.
 */
export async function sweepLeftRuns(runDir: string, clock: Clock, heir?: Heir): Promise<void> {
  if (existsSync(runDir)) await prepareRunDir(runDir, clock, heir);
}

/**
 * Makes `runDir` where it is missing, judges it, and removes what killed runs left in it: before a
 * run makes its folder there. Throws `host-io`.
 */
export async function prepareRunDir(runDir: string, clock: Clock, heir?: Heir): Promise<void> {
  await preparePrivateFolder(runDir, RUN_FOLDER);
  const kept = await keepLeftRuns(runDir, clock, heir);
  await sweepRuns(
    runDir,
    async (ids) => {
      const { destroyLeftDomains } = await import('./xen/left-overs.ts');
      await destroyLeftDomains(ids, clock);
    },
    (path) => kept.has(path),
  );
}

/**
 * A domain as a job's main process. Before the first run of this engine begins, `runDir` is judged,
 * and what earlier, killed runs left in it is removed.
 */
export function createDomainProcess(options: DomainProcessOptions): CreateMainProcess {
  let swept: Promise<unknown> | undefined;
  const sweepOnce = () => {
    swept ??= prepareRunDir(options.runDir, options.clock, options.heir);
    // What was wrong may be right the next time.
    swept.catch(() => {
      swept = undefined;
    });
    return swept;
  };
  return (context) => {
    const { domain } = context.job;
    if (domain === undefined) {
      throw new DomstartError('internal', `job ${context.job.name} has no domain to run`);
    }
    return createDomainRun({ ...options, context, spec: domain, sweepOnce });
  };
}
