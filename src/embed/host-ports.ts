import type { Adoptions } from '../domain/adoptions.ts';
import type { JobDefinition } from '../model/job.ts';
import type { LiveDomains } from '../ports/live-domains.ts';
import type { CreateMainProcess, RunProcess } from '../ports/main-process.ts';
import type { ForkRecord } from '../process/fork-record.ts';
import { createProcessHost } from '../process/process-host.ts';
import { createHostDomains, type HostDomainsOptions } from './host-domains.ts';

export interface HostPortsOptions extends HostDomainsOptions {
  /** Of `console output` and `console owner`; null, the default: their output is told as lines. */
  readonly consoleDevice?: string | null;
  /** How long `expect` waits, in milliseconds; null: for ever, as Upstart does. Default: 30 s. */
  readonly expectMs?: number | null;
  /** Where processes of this host that are forked are noted. Default: nowhere. */
  readonly forks?: ForkRecord;
}

/** What an engine runs on this host. To be disposed of when nothing runs any more. */
export interface HostPorts extends AsyncDisposable {
  readonly createMainProcess: CreateMainProcess;
  readonly runProcess: RunProcess;
  /** The domains that run. */
  readonly domains: LiveDomains;
  /** The jobs that are loaded now; to be called whenever one came, changed or went. */
  setJobs(jobs: readonly JobDefinition[]): void;
  /** Those that an earlier daemon has left to this one: known after `sweep`. */
  readonly adoptions: Adoptions;
  /** Ends and removes the domains that killed runs left; else that happens before the first domain. */
  sweep(): Promise<void>;
}

export function createHostPorts(options: HostPortsOptions): HostPorts {
  const { clock, consoleDevice = null, expectMs, forks } = options;
  const domains = createHostDomains(options);
  const host = createProcessHost({
    clock,
    consoleDevice,
    ...(expectMs === undefined ? {} : { expectMs }),
    ...(forks === undefined ? {} : { forks }),
  });
  return {
    createMainProcess: (context) =>
      context.job.domain === undefined ? host.createMainProcess(context) : domains.create(context),
    runProcess: host.runProcess,
    domains: domains.live,
    setJobs: domains.setJobs,
    adoptions: domains.adoptions,
    sweep: domains.sweep,
    [Symbol.asyncDispose]: () => domains[Symbol.asyncDispose](),
  };
}
