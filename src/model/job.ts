import type { Condition } from './condition.ts';
import type { DomainSpec } from './domain.ts';

/**
 * Which language a job file is written in; see the stanza table. `chromeos` is `init` with what
 * ChromiumOS's own Upstart adds.
 */
export type Dialect = 'event.d' | 'init' | 'chromeos' | 'domstart';

/** What a process of a job runs. `text` keeps the user's own quoting (UPSTART.md, section 17). */
export interface ProcessSpec {
  readonly kind: 'exec' | 'script';
  readonly text: string;
}

export const PROCESS_NAMES = ['main', 'pre-start', 'post-start', 'pre-stop', 'post-stop'] as const;
export type ProcessName = (typeof PROCESS_NAMES)[number];

/** A value that `limit` sets; null is `unlimited`. */
export interface ResourceLimit {
  readonly soft: number | null;
  readonly hard: number | null;
}

type ConsoleMode = 'none' | 'log' | 'output' | 'owner' | 'logged';

/** `spool …`: each file that arrives in a folder starts one instance. */
export interface SpoolSpec {
  /** Absent where the folder is named from outside. A relative name is looked up beside the job. */
  readonly folder?: string;
  /** Instances at once. Absent: as many as there are processors. */
  readonly limit?: number;
  /** How often a file is begun whose runs were cut off. Absent: DEFAULT_ATTEMPTS. */
  readonly attempts?: number;
}

export const DEFAULT_ATTEMPTS = 3;

/**
 * One job file, compiled: plain JSON, no positions, no functions. A field is absent where the
 * file does not say it; the defaults are Upstart's and are applied by who uses the field.
 */
export interface JobDefinition {
  readonly name: string;
  readonly dialect: Dialect;
  /** The file it was read from; relative names in the job are looked up beside it. */
  readonly file?: string;
  readonly description?: string;
  readonly author?: string;
  readonly version?: string;
  readonly usage?: string;
  readonly startOn?: Condition;
  readonly stopOn?: Condition;
  readonly emits: readonly string[];
  /** `NAME=VALUE`, or `NAME` alone: its value is taken from Domstart's own environment. */
  readonly env: readonly string[];
  readonly export: readonly string[];
  /** The pattern of `instance`; in event.d the stanza is a flag (`instanceEach`). */
  readonly instance?: string;
  readonly instanceEach?: true;
  readonly task: boolean;
  readonly manual?: true;
  readonly processes: Readonly<Partial<Record<ProcessName, ProcessSpec>>>;
  readonly respawn: boolean;
  /** Seconds; limit or interval 0, or null for `unlimited`: never gives up. Default 10 in 5 s. */
  readonly respawnLimit?: { readonly limit: number; readonly interval: number } | null;
  /** Exit statuses as numbers, signals as names without SIG. */
  readonly normalExit: readonly (number | string)[];
  /** Seconds. Default 5. */
  readonly killTimeout?: number;
  /** Name without SIG, or a number. Default TERM. */
  readonly killSignal?: string | number;
  readonly reloadSignal?: string | number;
  readonly expect?: 'stop' | 'fork' | 'daemon' | 'none';
  readonly console?: ConsoleMode;
  readonly umask?: number;
  readonly nice?: number;
  /** -1000 … 1000, as oom_score_adj takes it. */
  readonly oomScore?: number;
  readonly limits: Readonly<Record<string, ResourceLimit>>;
  readonly chroot?: string;
  readonly chdir?: string;
  readonly setuid?: string;
  readonly setgid?: string;
  readonly apparmorLoad?: string;
  readonly apparmorSwitch?: string;
  readonly cgroups: readonly (readonly string[])[];
  readonly debug?: true;
  /** event.d only: `daemon`, `pid file`, `pid binary`, `pid timeout` (seconds). */
  readonly daemon?: true;
  readonly pidFile?: string;
  readonly pidBinary?: string;
  readonly pidTimeout?: number;
  /** chromeos only: variables taken over from the events, and files for tmpfiles(8). */
  readonly imports?: readonly string[];
  readonly tmpfiles?: readonly string[];
  readonly spool?: SpoolSpec;
  /** Present where the job's main process is a domain. */
  readonly domain?: DomainSpec;
}
