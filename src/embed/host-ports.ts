import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess, RunProcess } from '../ports/main-process.ts';
import { createHostProcess } from '../process/host-process.ts';
import { createProcessRunner } from '../process/process-runner.ts';
import { createHostDomains, type HostDomainsOptions } from './host-domains.ts';

/** What an engine runs on this host. To be disposed of when nothing runs any more. */
export interface HostPorts extends AsyncDisposable {
  readonly createMainProcess: CreateMainProcess;
  readonly runProcess: RunProcess;
}

export function createHostPorts(
  options: HostDomainsOptions & { readonly clock: Clock },
): HostPorts {
  const domains = createHostDomains(options);
  return {
    createMainProcess: (context) =>
      context.job.domain === undefined ? createHostProcess(context) : domains.create(context),
    runProcess: createProcessRunner(),
    [Symbol.asyncDispose]: () => domains[Symbol.asyncDispose](),
  };
}
