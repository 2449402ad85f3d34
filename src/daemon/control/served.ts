import type { Engine } from '../../engine/engine.ts';
import type { InstanceStatus } from '../../engine/job-state.ts';
import { parseVariable, type Variable } from '../../model/environment.ts';
import { DomstartError } from '../../model/errors.ts';
import type { JobDefinition } from '../../model/job.ts';
import type { LiveDomains } from '../../ports/live-domains.ts';
import type { Spool } from '../../spool/spool.ts';
import type { LogPriority } from '../log-priority.ts';
import type { JobLogs } from '../logs/job-logs.ts';
import type { AnnouncementBroadcasts } from './announcement-broadcasts.ts';
import type { Item } from './protocol.ts';

/** For `version`: the one whose behaviour ours is. */
export const UPSTART_VERSION = 'init (upstart 1.13.2)';

/** The parts of a daemon that its clients reach. */
export interface Served {
  readonly engine: Engine;
  readonly domains: LiveDomains;
  /** Starts the job of a saved domain, which goes on in it; the folder is removed then, or kept. */
  restore(folder: string, options: { readonly keep: boolean }): Promise<void>;
  readonly spools: () => readonly Spool[];
  readonly logs: Pick<JobLogs, 'read'>;
  /** For `version`: as the real initctl says it. */
  readonly version: string;
  /** Every job is of Upstart 0.3, and so are the answers. */
  readonly oldStyle: boolean;
  readonly priority: { get(): LogPriority; set(priority: LogPriority): void };
  reload(): Promise<void>;
  /** Aborted when nothing will happen any more. */
  readonly over: AbortSignal;
  readonly announcements: AnnouncementBroadcasts;
}

export function textItem(value: string): Item {
  return { kind: 'text', text: value };
}

export function statusItem({ engine }: Served, status: InstanceStatus): Item {
  const { dialect = 'init', instanceEach } = engine.job(status.job) ?? {};
  return { kind: 'status', status, dialect, ...(instanceEach && { instanceEach }) };
}

/** Throws `job-unknown`. */
export function jobOf(engine: Engine, name: string): JobDefinition {
  const job = engine.job(name);
  if (job === undefined) throw new DomstartError('job-unknown', `Unknown job: ${name}`);
  return job;
}

/** Throws `job-invalid`, in Upstart's words. */
export function variablesOf(env: readonly string[]): readonly Variable[] {
  return env.map((variable) => {
    const parsed = parseVariable(variable);
    if (parsed !== undefined) return parsed;
    throw new DomstartError('job-invalid', 'Env must be KEY=VALUE pairs');
  });
}
