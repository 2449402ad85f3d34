import { machineOfJob } from '../engine/machine-of-job.ts';
import type { JobMachine } from '../engine/simulation.ts';

export type {
  JobMachine,
  SimulatedConfig,
  SimulatedEvent,
  SimulatedSnapshot,
  SimulatedState,
  SimulatedTransition,
} from '../engine/simulation.ts';

import { type JobSource, toJob } from './to-job.ts';

/**
 * The lifecycle of a job as an XState machine: its states and no others, with descriptions. Its
 * `config` is plain JSON for Stately's editor; `createActor(toMachine(job))` simulates the job:
 * events that are sent to it move it, and nothing runs. Throws as `toJob` does.
 */
export function toMachine(job: JobSource): JobMachine {
  return machineOfJob(toJob(job));
}
