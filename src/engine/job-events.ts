import type { Environment, Variable } from '../model/environment.ts';
import type { Event, OldView } from '../model/event.ts';
import { createEvent } from '../model/event.ts';
import type { ProcessName } from '../model/job.ts';
import type { Ending } from '../ports/main-process.ts';

/** Why a job failed. The first failure since `starting` counts. */
export interface Failure {
  /** `respawn`: its limit was exceeded. */
  readonly process: ProcessName | 'respawn';
  /** How that process ended; absent where it could not be run, and for `respawn`. */
  readonly ending?: Exclude<Ending, { kind: 'failed' }>;
}

export type JobEventName = 'starting' | 'started' | 'stopping' | 'stopped';

export interface JobEventOptions {
  readonly job: string;
  readonly instance: string;
  readonly failure: Failure | undefined;
  readonly exports: readonly string[];
  readonly environment: Environment;
}

/**
 * The events that a job emits, their variables in Upstart's order, for positional operands
 * (UPSTART.md, section 14). Exported variables never replace the standard ones.
 */
export function createJobEvent(name: JobEventName, options: JobEventOptions): Event {
  const { job, instance, failure, exports, environment } = options;
  const variables: Variable[] = [
    { name: 'JOB', value: job },
    { name: 'INSTANCE', value: instance },
  ];
  if (name === 'stopping' || name === 'stopped') variables.push(...outcomeOf(failure));
  for (const exported of exports) {
    const value = environment.get(exported);
    if (value === undefined || variables.some((variable) => variable.name === exported)) continue;
    variables.push({ name: exported, value });
  }
  return createEvent(name, variables, oldViewOf(name, options));
}

/** `stopped JOB failed main`, with EXIT_STATUS in the environment (UPSTART.md, section 26.3). */
function oldViewOf(name: JobEventName, { job, failure }: JobEventOptions): OldView {
  if (name === 'starting' || name === 'started') return { arguments: [job], environment: [] };
  if (failure === undefined) return { arguments: [job, 'ok'], environment: [] };
  // 0.3 tells a status of 0 where its limit was exceeded.
  const ending = failure.process === 'respawn' ? SUCCESS : failure.ending;
  const [, , ...exit] = outcomeOf({ ...failure, ...(ending && { ending }) });
  return { arguments: [job, 'failed', failure.process], environment: exit };
}

const SUCCESS = { kind: 'exited', status: 0 } as const;

function outcomeOf(failure: Failure | undefined): Variable[] {
  if (failure === undefined) return [{ name: 'RESULT', value: 'ok' }];
  const variables = [
    { name: 'RESULT', value: 'failed' },
    { name: 'PROCESS', value: failure.process },
  ];
  switch (failure.ending?.kind) {
    case 'exited':
      variables.push({ name: 'EXIT_STATUS', value: String(failure.ending.status) });
      break;
    case 'signalled':
      variables.push({ name: 'EXIT_SIGNAL', value: failure.ending.signal });
      break;
    case undefined:
      break;
  }
  return variables;
}
