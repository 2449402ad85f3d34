import type { ProcessName } from '../model/job.ts';

/** `respawn`: start again, once the process that is running is over. */
export type Goal = 'start' | 'stop' | 'respawn';

/** Upstart's, without 1.13's passing states. */
export type State =
  | 'waiting'
  | 'starting'
  | 'pre-start'
  | 'spawned'
  | 'post-start'
  | 'running'
  | 'pre-stop'
  | 'stopping'
  | 'killed'
  | 'post-stop';

export type OwnProcess = Exclude<ProcessName, 'main'>;

/** One line of `status`. A job without instances has one, `stop/waiting`. */
export interface InstanceStatus {
  readonly job: string;
  /** Empty where the job has no `instance`. */
  readonly instance: string;
  /** event.d, whose instances have no names: UPSTART_JOB_ID. */
  readonly id?: number;
  readonly goal: Goal;
  readonly state: State;
  /** Those that run, main first; no pid where the process is not one of this host. */
  readonly processes: readonly { readonly process: ProcessName; readonly pid?: number }[];
}

/** `NAME`, or `NAME (INSTANCE)`. */
export function formatInstance(job: string, instance: string): string {
  return instance === '' ? job : `${job} (${instance})`;
}
