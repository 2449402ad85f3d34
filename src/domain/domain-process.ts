import { DomstartError } from '../model/errors.ts';
import type { CreateMainProcess } from '../ports/main-process.ts';
import { createDomainRun, type DomainProcessOptions } from './domain-run.ts';
import { sweepRuns } from './run-folder.ts';

/**
 * A domain as a job's main process. What earlier, killed runs left in `runDir` is removed before
 * the first run of this engine begins.
 */
export function createDomainProcess(options: DomainProcessOptions): CreateMainProcess {
  let swept: Promise<unknown> | undefined;
  const sweepOnce = () => {
    swept ??= sweepRuns(options.runDir);
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
