/**
 * What clients and the daemon say to each other over the control socket.
 *
 * One JSON object a line, UTF-8, at most `MAX_LINE_BYTES` each. A client sends requests, each with
 * an `id` of its own choosing. The daemon answers a request with any number of `item` lines and
 * then exactly one `done` or `error` line, all with that id; several requests of one connection are
 * answered side by side. `{id, cancel: true}`, or closing the connection, ends the waiting for an
 * answer and never the job.
 *
 * The daemon speaks first: one line `Greeting`.
 */

import type { InstanceStatus } from '../../engine/job-state.ts';
import type { Condition } from '../../model/condition.ts';
import type { Dialect } from '../../model/job.ts';
import type { SpoolStatus } from '../../spool/status.ts';

export type { InstanceStatus };

export const PROTOCOL = 1;
export const MAX_LINE_BYTES = 1024 * 1024;

export interface Greeting {
  readonly domstart: string;
  readonly protocol: number;
  readonly pid: number;
}

/** A job, and where the client runs inside one, its instance (UPSTART_JOB, UPSTART_INSTANCE). */
interface OfJob {
  readonly job: string;
  /**
   * Given where the command came from inside the job, without a name: it is for exactly this
   * instance, never waits, and start and restart keep the environment (UPSTART.md, section 11).
   */
  readonly instance?: string;
  /** `KEY=VALUE`, as they were typed. */
  readonly env: readonly string[];
}

/** Whose environment table: the one that new instances start from, or one instance's own. */
export interface EnvScope {
  /** Absent: the global table, and that of every instance. */
  readonly of?: { readonly job: string; readonly instance: string };
}

export type Request =
  | { readonly verb: 'version' }
  | ({
      readonly verb: 'start' | 'stop' | 'restart';
      readonly wait: boolean;
      /** start, stop: further jobs, of which Upstart 0.3's initctl takes several. */
      readonly more?: readonly string[];
    } & OfJob)
  | ({ readonly verb: 'reload' | 'status' } & OfJob)
  | { readonly verb: 'usage'; readonly job: string }
  | { readonly verb: 'list' }
  | {
      readonly verb: 'emit';
      readonly event: string;
      readonly env: readonly string[];
      /** Of Upstart 0.3, whose events have arguments besides their environment. */
      readonly arguments?: readonly string[];
      /** The instance whose process emits it (UPSTART_JOB, UPSTART_INSTANCE): loops are told by it. */
      readonly from?: { readonly job: string; readonly instance: string };
      readonly wait: boolean;
    }
  | { readonly verb: 'reload-configuration' }
  | { readonly verb: 'show-config'; readonly job?: string }
  | { readonly verb: 'log-priority'; readonly priority?: string }
  | ({ readonly verb: 'get-env' | 'unset-env'; readonly name: string } & EnvScope)
  | ({ readonly verb: 'set-env'; readonly variable: string; readonly retain: boolean } & EnvScope)
  | ({ readonly verb: 'list-env' | 'reset-env' } & EnvScope)
  | {
      readonly verb: 'events';
      /** Goes on until it is cancelled. */
      readonly follow: boolean;
      /** Only these types of announcement; absent: all. */
      readonly types?: readonly string[];
    }
  | {
      readonly verb: 'console';
      readonly job: string;
      readonly instance: string;
      readonly follow: boolean;
    }
  | { readonly verb: 'waiting' }
  | { readonly verb: 'domains' }
  | {
      readonly verb: 'domain';
      readonly action: DomainAction;
      /** The id of its run. */
      readonly domain: string;
    }
  | { readonly verb: 'type'; readonly domain: string; readonly text: string }
  | { readonly verb: 'watch-domain'; readonly domain: string }
  /** The folder is absolute. */
  | { readonly verb: 'save-domain'; readonly domain: string; readonly folder: string }
  | {
      readonly verb: 'migrate-domain';
      readonly domain: string;
      readonly host: string;
      /** In the place of ssh, as xl takes it. */
      readonly command?: string;
    }
  | { readonly verb: 'restore-domain'; readonly folder: string; readonly keep?: boolean }
  | { readonly verb: 'spools' }
  | {
      readonly verb: 'cancel-file';
      /** The spool's folder. */
      readonly spool: string;
      /** Of a file that runs, or its run. */
      readonly name: string;
    };

export const DOMAIN_ACTIONS = ['pause', 'unpause', 'shutdown', 'destroy'] as const;
export type DomainAction = (typeof DOMAIN_ACTIONS)[number];

/** A domain that runs, as `domstart domain list --json` prints it. */
export interface DomainStatus {
  /** Of its run. */
  readonly id: string;
  readonly name: string;
  readonly job: string;
  readonly instance: string;
  readonly state: 'running' | 'paused' | 'kept';
  /** Milliseconds since 1970: of one that has failed and is kept. */
  readonly until?: number;
  readonly hypervisor: string;
  readonly pid?: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export type RequestLine = { readonly id: number } & (Request | { readonly cancel: true });

export type AnswerLine =
  | { readonly id: number; readonly item: Item }
  | { readonly id: number; readonly done: true }
  | { readonly id: number; readonly error: ErrorAnswer };

export interface ErrorAnswer {
  readonly code: string;
  /** In Upstart's own words where Upstart has any: `Unknown job: web`. May have several lines. */
  readonly message: string;
  readonly hint?: string;
}

/** What the answers consist of. */
export type Item =
  /**
   * start, stop, restart (one, when the answer has come), status and list (one for each instance,
   * and for each job that has none).
   */
  | {
      readonly kind: 'status';
      readonly status: InstanceStatus;
      readonly dialect: Dialect;
      readonly instanceEach?: true;
    }
  /**
   * start, stop and emit of a daemon that has only jobs of Upstart 0.3: every state that was gone
   * through, as its initctl prints it.
   */
  | { readonly kind: 'transition'; readonly status: InstanceStatus }
  /** emit, same: the event itself. */
  | {
      readonly kind: 'event';
      readonly name: string;
      readonly arguments: readonly string[];
      readonly env: readonly string[];
    }
  /** Same: why a job that was started or stopped failed, as 0.3's initctl says it. */
  | { readonly kind: 'failure'; readonly message: string }
  /**
   * version (`init (upstart 1.13.2)`), usage (what the job's stanza says, empty without one; the
   * client puts `Usage: ` before it), get-env (the value), list-env (`KEY=VALUE`, one each),
   * log-priority.
   */
  | { readonly kind: 'text'; readonly text: string }
  /** show-config, check-config: one for each job, in the order of the daemon. */
  | {
      readonly kind: 'config';
      readonly job: string;
      readonly emits: readonly string[];
      readonly startOn?: Condition;
      readonly stopOn?: Condition;
    }
  /** events: what the engine or the daemon announces; the same objects as in the daemon's log. */
  | {
      readonly kind: 'announcement';
      readonly type: string;
      readonly time: number;
      readonly told: unknown;
    }
  /** watch-domain: a line of its console, safe to show; all that it shows until it ends. */
  | { readonly kind: 'line'; readonly text: string }
  /** console: output of a job, as it was written; base64. */
  | { readonly kind: 'output'; readonly bytes: string }
  /** domains: one for each that runs; domain, save-domain, migrate-domain: that one, as it was. */
  | { readonly kind: 'domain'; readonly domain: DomainStatus }
  /** spools: one for each that is served. */
  | { readonly kind: 'spool'; readonly spool: SpoolStatus }
  /** waiting: an event that is not finished, and who holds it, for people. */
  | { readonly kind: 'held'; readonly event: string; readonly heldBy: readonly string[] };
