import type { Environment, Variable } from '../model/environment.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess, OutputLog, RunProcess } from '../ports/main-process.ts';
import type { Pace } from '../ports/pace.ts';
import type { Announcer } from './announcements.ts';
import type { BoundMachine } from './bind-machine.ts';
import type { EventQueue } from './event-queue.ts';
import type { JobInstance } from './job-instance.ts';

/** What an instance needs of the engine around it. */
export interface InstanceHost {
  readonly queue: EventQueue;
  readonly announcer: Announcer;
  readonly clock: Clock;
  readonly createMainProcess: CreateMainProcess;
  readonly runProcess: RunProcess;
  readonly pace: Pace | undefined;
  /** Where a bare `env NAME` takes its value from. */
  readonly outerEnvironment: Environment;
  /** Behind all else in the environment of every process of the job. */
  readonly forProcesses: (job: JobDefinition) => readonly Variable[];
  readonly openLog: ((job: string, instance: string) => OutputLog) | undefined;
  /** The session ends: what ends by itself now is not started again. */
  readonly quiescing: () => boolean;
  readonly machineOf: (job: JobDefinition) => BoundMachine;
  /** Something happened outside a drain. */
  wake(): void;
  /** It is back in `waiting` and gone. */
  settled(instance: JobInstance): void;
}
