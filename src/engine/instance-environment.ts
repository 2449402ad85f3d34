import type { Environment, Variable } from '../model/environment.ts';
import { extend, extendByStanzas } from '../model/environment.ts';
import type { Event } from '../model/event.ts';
import { oldView } from '../model/event.ts';
import type { JobDefinition } from '../model/job.ts';

/**
 * The tables of one instance (UPSTART.md, section 15): the one that its next start brings, the one
 * that it has, and what the stop added for pre-stop and post-stop.
 */
export interface InstanceEnvironment {
  /** Without the stop's variables and those that every process gets. */
  readonly table: Environment;
  /** For the next time that it enters `starting`. */
  willStartWith(table: Environment): void;
  willStopWith(variables: readonly Variable[]): void;
  begin(): void;
  dropStop(): void;
  /** `set-env` and its like: what processes that start from now on get. */
  change(by: (table: Environment) => Environment): void;
  /** For a process of this job; `stopping`: it is pre-stop or post-stop. */
  forProcess(options: { readonly stopping: boolean }): Environment;
}

export interface InstanceEnvironmentOptions {
  readonly job: JobDefinition;
  readonly instance: string;
  readonly id: number;
  /** event.d: of the event that the instance is held by. */
  readonly cause: () => Event | undefined;
  /** Where a bare `env NAME` takes its value from. */
  readonly outer: Environment;
  /** What every process gets besides, behind all else. */
  readonly added: readonly Variable[];
}

export function createInstanceEnvironment(
  options: InstanceEnvironmentOptions,
): InstanceEnvironment {
  const { job, instance, added } = options;
  let table: Environment = new Map();
  let next: Environment | undefined;
  let stop: readonly Variable[] = [];

  return {
    get table() {
      return table;
    },
    willStartWith(wanted) {
      next = wanted;
    },
    willStopWith(variables) {
      stop = variables;
    },
    begin() {
      table = next ?? table;
      next = undefined;
      stop = [];
    },
    dropStop() {
      stop = [];
    },
    change(by) {
      table = by(table);
      next = next && by(next);
    },
    forProcess({ stopping }) {
      if (job.dialect === 'event.d') return ofOldProcess(table, options);
      return extend(table, [
        ...(stopping ? stop : []),
        { name: 'UPSTART_JOB', value: job.name },
        { name: 'UPSTART_INSTANCE', value: instance },
        ...added,
      ]);
    },
  };
}

/** Upstart 0.3: the job's own `env` goes before the event's (section 26.4). */
function ofOldProcess(
  base: Environment,
  { job, id, cause, outer, added }: InstanceEnvironmentOptions,
): Environment {
  const event = cause();
  const told = event && [
    { name: 'UPSTART_EVENT', value: event.name },
    ...oldView(event).environment,
  ];
  const table = extend(base, [
    { name: 'UPSTART_JOB_ID', value: String(id) },
    { name: 'UPSTART_JOB', value: job.name },
    ...(told ?? []),
  ]);
  return extend(extendByStanzas(table, job.env, outer), added);
}
