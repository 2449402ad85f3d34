import { existsSync } from 'node:fs';
import { DomstartError } from '../model/errors.ts';
import type { CreateMainProcess } from '../ports/main-process.ts';
import { preparePrivateFolder } from '../system/private-folder.ts';
import { createDomainRun, type DomainProcessOptions } from './domain-run.ts';
import { sweepRuns } from './run-folder.ts';

const RUN_FOLDER = { what: 'run folder', hint: 'set DOMSTART_RUN to a folder of your own' };

/**
 * Removes what killed runs left in `runDir`, where there is one: for who has no run yet. Throws
 * `host-io`.
 */
export async function sweepLeftRuns(runDir: string): Promise<void> {
  if (!existsSync(runDir)) return;
  await preparePrivateFolder(runDir, RUN_FOLDER);
  await sweepRuns(runDir);
}

/**
 * A domain as a job's main process. Before the first run of this engine begins, `runDir` is judged,
 * and what earlier, killed runs left in it is removed.
 */
export function createDomainProcess(options: DomainProcessOptions): CreateMainProcess {
  let swept: Promise<unknown> | undefined;
  const sweepOnce = () => {
    swept ??= preparePrivateFolder(options.runDir, RUN_FOLDER).then(() =>
      sweepRuns(options.runDir),
    );
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
