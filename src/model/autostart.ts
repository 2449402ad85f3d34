import type { Condition } from './condition.ts';
import type { JobDefinition } from './job.ts';

const STARTUP: Condition = { kind: 'match', event: 'startup', operands: [] };

/** The job as it is run: one of `domain autostart` starts on `startup` beside what it says itself. */
export function withAutostart(job: JobDefinition): JobDefinition {
  if (job.domain?.autostart === undefined) return job;
  const { startOn } = job;
  return {
    ...job,
    startOn: startOn === undefined ? STARTUP : { kind: 'or', left: STARTUP, right: startOn },
  };
}
