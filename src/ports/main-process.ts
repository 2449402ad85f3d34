import type { Environment, Variable } from '../model/environment.ts';
import type { DomstartError } from '../model/errors.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';
import type { Pace } from './pace.ts';

/**
 * A job's main process, seen from the lifecycle: a process of the host (process/) or a whole
 * domain (domain/). The engine calls each phase at most once per run and in this order; `kill` and `expire` may come at
 * any time, also while a phase is going on. A phase
 * that has nothing to wait for may return plainly: the lifecycle then goes on in the same turn.
 *
 *   prepare   pre-start, before the job's own process: the image is built
 *   spawn     spawned: fork and exec, or the domain is created; then what `expect` says
 *   ready     post-start, before the job's own process: `console ready`
 *   ended     settles when it is over, whoever ended it; never rejects
 *   terminate killed: the kill signal, or an orderly shutdown
 *   kill      killed, after `kill timeout`: SIGKILL, or destroy; at once where nobody wants to wait
 *   expire    in any state: the job's `timeout` passed. As `kill`, and `ended` may say more of it
 *   cleanUp   post-stop, before the job's own process: nothing is left on the host after it.
 *             Called on every way out, also when `prepare` or `spawn` failed.
 *
 * The signal of `prepare` and `ready` is aborted when the goal becomes stop: unlike the job's own
 * processes, our phases give way. `prepare`, `spawn`, `ready` reject with a DomstartError.
 */
export interface MainProcess {
  prepare(signal: AbortSignal): Promise<void> | void;
  spawn(): Promise<Spawned> | Spawned;
  ready(signal: AbortSignal): Promise<void> | void;
  terminate(): void;
  kill(): void;
  expire(): void;
  cleanUp(): Promise<void> | void;
  /**
   * `initctl reload`: sends the reload signal to the main process itself, not to its group. Absent
   * where there is nothing to send it to, such as a domain.
   */
  reload?(): void;
}

export interface Spawned {
  /** Of the process, or of the hypervisor's process where there is one. */
  readonly pid?: number;
  readonly ended: Promise<Ending>;
  /**
   * What `expect` waits for: the lifecycle stays in `spawned` until it resolves. Rejects with
   * `expect-unmet` where it will not come, and never settles where the process ended before.
   * Absent where there is nothing to wait for.
   */
  readonly expected?: Promise<void>;
  /**
   * Nothing but `expected`, or the end of the process, leads out of `spawned`, as with Upstart. Else
   * a stop does: the process is stopped as if it ran, and what waits for the start has failed.
   */
  readonly insists?: boolean;
}

/** How a process, or the job inside a domain, ended. */
export type Ending =
  | { readonly kind: 'exited'; readonly status: number }
  /** The signal's name without SIG, its number where it has no name. */
  | { readonly kind: 'signalled'; readonly signal: string }
  /** Not the job's doing: it could not be run or watched to its end. */
  | { readonly kind: 'failed'; readonly error: DomstartError };

/** What the engine gives to one run of one instance. */
export interface RunContext {
  readonly job: JobDefinition;
  /** The instance's name; empty where the job has no `instance`. */
  readonly instance: string;
  /** The instance's environment as it is now, UPSTART_JOB and UPSTART_INSTANCE included. */
  readonly environment: Environment;
  readonly report: RunReport;
  /** Of `line`; absent where all may come as it likes. */
  readonly pace?: Pace;
  /** Where `console log` goes, as it was written; absent where nobody keeps it. */
  readonly log?: OutputLog;
  /**
   * event.d only: the arguments of the event that started the job. They become `$1` … of scripts,
   * and of exec lines that a shell runs.
   */
  readonly arguments?: readonly string[];
}

/** Takes the bytes of all processes of one instance, in the order in which they are read. */
export interface OutputLog {
  /** Never throws and never waits. */
  write(bytes: Uint8Array): void;
  /** Of what is written: a log that is behind has enough for now. Absent where it never is. */
  readonly pace?: Pace;
}

/** What a run tells while it goes on. No method throws or waits. */
export interface RunReport {
  /** Queues an event of the domain's own: `image-built`, `domain-ready`, a `console watch`. */
  emit(name: string, variables: readonly Variable[]): void;
  /** One line of output, without its end, escapes neutralised. */
  line(line: OutputLine): void;
  /** Something that people should know and do something about; one line. */
  warn(text: string): void;
  /** A phase began, went on, or ended: for people, and for the figures at the end. */
  progress(progress: Progress): void;
  /**
   * The main process is there, as early as that can be told: `spawn` resolves when it has also been
   * executed. Never called where `spawn` fails.
   */
  forked(pid: number): void;
  /** `expect fork|daemon`: the main process is now this one, which the one before forked. */
  followed(pid: number): void;
  /** `expect stop`: the main process stopped itself, or goes on; the signal without SIG. */
  signalled(what: 'stopped' | 'continued', signal: string): void;
  /** Facts for the result: `memoryUsed` in KiB, `machine`, `image`. */
  fact(name: string, value: string | number): void;
}

export interface OutputLine {
  readonly source: 'console' | ProcessName;
  readonly text: string;
}

export type Progress =
  | { readonly kind: 'begin'; readonly phase: string; readonly detail?: string }
  | { readonly kind: 'note'; readonly phase: string; readonly detail: string }
  /** `ms` is measured by who reports, because phases of the guest are told afterwards. */
  | { readonly kind: 'end'; readonly phase: string; readonly ms: number; readonly detail?: string };

export type CreateMainProcess = (context: RunContext) => MainProcess;

/** Runs the job's other processes (`pre-start` … `post-stop`) on this host. */
export type RunProcess = (request: {
  readonly context: RunContext;
  readonly process: Exclude<ProcessName, 'main'>;
  readonly environment: Environment;
  /** Called with the pid once the process runs. */
  readonly onSpawn?: (pid: number) => void;
  /** Aborting it kills the process and its group; where it is aborted already, nothing is run. */
  readonly signal: AbortSignal;
}) => Promise<Ending>;
