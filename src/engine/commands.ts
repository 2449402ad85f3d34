/**
 * What the commands of initctl do, and when they return (UPSTART.md, section 11). A command sets a
 * goal and returns at once; what follows is the engine's turn. Its answer comes when the instance is
 * where it was sent, or fails on the way, or when another command or event sends it elsewhere.
 */
import type { Variable } from '../model/environment.ts';
import type { JobDefinition } from '../model/job.ts';
import type { OutputLine } from '../ports/main-process.ts';
import { abortable, throwIfCancelled } from './abortable.ts';
import type { InstanceHost } from './instance-host.ts';
import { instanceName } from './instance-name.ts';
import { type InstanceId, type Instances, unchanged } from './instances.ts';
import type { JobInstance } from './job-instance.ts';
import type { InstanceStatus } from './job-state.ts';
import { formatInstance } from './job-state.ts';
import type { Lineage } from './lineage.ts';
import type { RunResult } from './run-record.ts';

export interface WaitOptions {
  /** Aborting ends the waiting, never the job. */
  readonly signal?: AbortSignal | undefined;
}

/** The answer to a command: its instance is where it was sent, or failed on the way there. */
export interface Answer {
  readonly failed: boolean;
  /** Of the moment when the answer came. */
  readonly status: InstanceStatus;
}

/** One started instance. Its promises are rejected only by the signal given to `start`. */
export interface RunHandle {
  readonly job: string;
  readonly instance: string;
  /** When a service runs, when a task is done, or when it failed before that. */
  readonly answer: Promise<Answer>;
  /** When the instance is back in `waiting`. */
  readonly result: Promise<RunResult>;
  /** Its output, from the backlog on (1000 lines), to the end of the run. */
  readonly lines: AsyncIterable<OutputLine>;
  /** Where it stands now. */
  status(): InstanceStatus;
  /** Sets the goal of this instance to stop, and of no other; nothing once it is over. */
  stop(): void;
}

/** Commands from inside an instance, for exactly this one. Nobody waits for them. */
export interface InnerCommands {
  readonly start: () => void;
  readonly stop: () => void;
  readonly restart: () => void;
  readonly reload: () => void;
  readonly status: () => InstanceStatus;
}

export interface CommandsOptions {
  readonly instances: Instances;
  readonly host: InstanceHost;
  readonly descend: (from: Lineage | undefined, job: JobDefinition, instance: string) => Lineage;
  /** Throws where the engine is closed. */
  readonly open: () => void;
}

export class Commands {
  readonly #options: CommandsOptions;
  readonly #instances: Instances;

  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#instances = options.instances;
  }

  /**
   * Starts an instance of a job. Throws where nothing can be started: `job-unknown`,
   * `variable-missing`, or `job-unchanged` where the instance's goal is start already.
   */
  start(name: string, variables: readonly Variable[], { signal }: WaitOptions): RunHandle {
    this.#options.open();
    throwIfCancelled(signal, `starting ${name}`);
    const record = this.#instances.record(name);
    const environment = this.#instances.startEnvironment(record, variables);
    const instance = this.#instances.obtain(record, environment, this.#options.host);
    const which = formatInstance(name, instance.name);
    if (instance.goal === 'start') throw unchanged(`Job is already running: ${which}`);
    const lineage = this.#options.descend(undefined, record.job, instance.name);
    const answer = answerOf(instance, signal, (resolve) =>
      instance.start(environment, { answer: resolve, lineage }),
    );
    const result = abortable(signal, `waiting for ${which}`, () => instance.result);
    result.catch(() => {});
    return {
      job: name,
      instance: instance.name,
      answer,
      result,
      lines: instance.feed,
      status: () => instance.status(),
      stop() {
        if (instance.goal !== 'stop') instance.stop(variables);
      },
    };
  }

  /** The variables reach pre-stop and post-stop. */
  stop(name: string, variables: readonly Variable[], { signal }: WaitOptions): Promise<Answer> {
    throwIfCancelled(signal, `stopping ${name}`);
    const { instance } = this.#findRunning(name, variables);
    return answerOf(instance, signal, (answer) => instance.stop(variables, { answer }));
  }

  /** Every instance of the job; throws where there is none to be stopped. */
  stopEach(name: string): void {
    const instances = [...this.#instances.record(name).instances.values()];
    const running = instances.filter(({ goal }) => goal !== 'stop');
    if (running.length === 0) throw unchanged(`Job has already been stopped: ${name}`);
    for (const instance of running) instance.stop([]);
  }

  restart(name: string, variables: readonly Variable[], { signal }: WaitOptions): Promise<Answer> {
    this.#options.open();
    throwIfCancelled(signal, `restarting ${name}`);
    const { instance, environment } = this.#findRunning(name, variables);
    return answerOf(instance, signal, (answer) => instance.restart(environment, { answer }));
  }

  reload(name: string, variables: readonly Variable[]): void {
    this.#find(name, variables).instance.reload();
  }

  /** The instance that these variables name; throws like `stop` where it does not live. */
  find(name: string, variables: readonly Variable[]): InstanceStatus {
    return this.#find(name, variables).instance.status();
  }

  within(of: InstanceId): InnerCommands {
    const instance = this.#instances.living(of);
    const which = formatInstance(of.job, of.instance);
    const refuse = (goal: 'start' | 'stop', message: string) => {
      if (instance.goal === goal) throw unchanged(`${message}: ${which}`);
    };
    return {
      start() {
        refuse('start', 'Job is already running');
        instance.start(undefined);
      },
      stop() {
        refuse('stop', 'Job has already been stopped');
        instance.stop([]);
      },
      restart() {
        refuse('stop', 'Job has already been stopped');
        instance.restart(undefined);
      },
      reload: () => instance.reload(),
      status: () => instance.status(),
    };
  }

  #find(name: string, variables: readonly Variable[]) {
    const record = this.#instances.record(name);
    const environment = this.#instances.startEnvironment(record, variables);
    const which = instanceName(record.job, environment);
    const instance = record.instances.get(which);
    if (instance === undefined) throw unchanged(`Unknown instance: ${which}`);
    return { instance, environment };
  }

  #findRunning(name: string, variables: readonly Variable[]) {
    const found = this.#find(name, variables);
    const which = formatInstance(name, found.instance.name);
    if (found.instance.goal === 'stop') throw unchanged(`Job has already been stopped: ${which}`);
    return found;
  }
}

function answerOf(
  instance: JobInstance,
  signal: AbortSignal | undefined,
  command: (answer: (failed: boolean) => void) => void,
): Promise<Answer> {
  const waiting = `waiting for ${formatInstance(instance.job.name, instance.name)}`;
  const answer = abortable(signal, waiting, async () => {
    const failed = await new Promise<boolean>((resolve) => command(resolve));
    return { failed, status: instance.status() };
  });
  answer.catch(() => {});
  return answer;
}
