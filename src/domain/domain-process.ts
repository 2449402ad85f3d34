import { DomstartError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Hypervisor } from '../ports/hypervisor.ts';
import type { ImageBuilder } from '../ports/images.ts';
import type { CreateMainProcess } from '../ports/main-process.ts';
import type { BootLimits } from './boot-watchdog.ts';
import { createDomainRun } from './domain-run.ts';
import { sweepRuns } from './run-folder.ts';

export interface DomainProcessOptions {
  readonly hypervisor: Hypervisor;
  readonly images: ImageBuilder;
  readonly clock: Clock;
  /** Holds a folder for each run while it lasts; made where it is missing. */
  readonly runDir: string;
  readonly bootLimits?: BootLimits;
}

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
