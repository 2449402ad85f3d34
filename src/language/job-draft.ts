import type {
  ConsoleSpec,
  DomainSpec,
  GuestInit,
  ImageSource,
  ImageSpec,
} from '../model/domain.ts';
import type {
  JobDefinition,
  ProcessName,
  ProcessSpec,
  ResourceLimit,
  SpoolSpec,
} from '../model/job.ts';

type Draft<T> = {
  -readonly [K in keyof T]: NonNullable<T[K]> extends readonly (infer E)[] ? E[] : T[K];
};

interface ImageDraft extends Omit<Draft<ImageSpec>, 'source'> {
  source?: ImageSource;
}

export interface DomainDraft extends Omit<Draft<DomainSpec>, 'image' | 'console' | 'guest'> {
  readonly image: ImageDraft;
  readonly console: Draft<ConsoleSpec>;
  guestInit?: GuestInit;
}

/** A job while its stanzas are applied, one after the other. */
export interface JobDraft
  extends Omit<Draft<JobDefinition>, 'processes' | 'limits' | 'spool' | 'domain'> {
  readonly processes: Partial<Record<ProcessName, ProcessSpec>>;
  readonly limits: Record<string, ResourceLimit>;
  spool?: Draft<SpoolSpec>;
  domain?: DomainDraft;
}

export function createDraft(identity: Pick<JobDefinition, 'name' | 'dialect' | 'file'>): JobDraft {
  return {
    ...identity,
    emits: [],
    env: [],
    export: [],
    // In Upstart 0.3 a job is a task unless it says `service` or `respawn`.
    task: identity.dialect === 'event.d',
    processes: {},
    respawn: false,
    normalExit: [],
    limits: {},
    cgroups: [],
  };
}

/** The draft's domain; the first stanza that asks makes the job a domain job. */
export function domainOf(job: JobDraft): DomainDraft {
  job.domain ??= {
    image: { copies: [], interfaces: [] },
    vifs: [],
    console: { ready: [], fail: [], watch: [] },
  };
  return job.domain;
}

/** The list with more items; a list that nobody has begun is absent from the job. */
export function append<T>(list: T[] | undefined, items: Iterable<T>): T[] {
  const longer = list ?? [];
  for (const item of items) longer.push(item);
  return longer;
}

/** The draft as a job without its domain, which takes more to compile. */
export function jobOf({ domain: _, ...job }: JobDraft): JobDefinition {
  return job;
}
