import { type Condition, formatCondition } from '../model/condition.ts';
import type { JobDefinition } from '../model/job.ts';

/** What a job has to do with events, as `show-config --json` promises it. */
export interface JobConfig {
  readonly name: string;
  readonly emits: readonly string[];
  readonly startOn?: Condition;
  readonly stopOn?: Condition;
}

export function configOf({ name, emits, startOn, stopOn }: JobDefinition): JobConfig {
  return {
    name,
    emits,
    ...(startOn === undefined ? {} : { startOn }),
    ...(stopOn === undefined ? {} : { stopOn }),
  };
}

/** The lines that Upstart's `initctl show-config` prints of a job (1.3 and later). */
export function showConfig({ name, emits, startOn, stopOn }: JobConfig): readonly string[] {
  return [
    name,
    ...emits.map((event) => `  emits ${event}`),
    ...(startOn === undefined ? [] : [`  start on ${formatCondition(startOn)}`]),
    ...(stopOn === undefined ? [] : [`  stop on ${formatCondition(stopOn)}`]),
  ];
}
