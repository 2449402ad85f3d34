/**
 * Events in, states out: the public face of the engine.
 *
 * Everything runs on one queue. A call only sets a goal or queues an event; what follows happens
 * in the microtask after it (`#turn`): the queue is drained to quiet, then what happened is told
 * to the listeners. An engine keeps no file, no global and no timer of its own, so any number of
 * them live in one process.
 */
import type { Environment, Variable } from '../model/environment.ts';
import { extend } from '../model/environment.ts';
import { DomstartError, toDomstartError } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import { createEvent } from '../model/event.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess, OutputLine, RunProcess } from '../ports/main-process.ts';
import type { Pace } from '../ports/pace.ts';
import { abortable, throwIfCancelled } from './abortable.ts';
import type { AnnouncementType, Listener } from './announcements.ts';
import { Announcer } from './announcements.ts';
import { bindMachine } from './bind-machine.ts';
import type { Blocker, QueuedEvent } from './event-queue.ts';
import { EventQueue } from './event-queue.ts';
import { instanceName } from './instance-name.ts';
import type { InstanceHost } from './job-instance.ts';
import { JobInstance } from './job-instance.ts';
import type { InstanceStatus } from './job-state.ts';
import { formatInstance } from './job-state.ts';
import type { JobRecord, Listening } from './job-table.ts';
import { classEnvironment, eventEnvironment, JobTable } from './job-table.ts';
import type { RunResult } from './run-record.ts';

export interface EngineCoreOptions {
  readonly createMainProcess: CreateMainProcess;
  readonly runProcess: RunProcess;
  readonly clock: Clock;
  /** What every job's environment begins with: PATH and TERM, as a rule. */
  readonly environment: Environment;
  /** Where `env NAME` without a value takes it from. Default: `environment`. */
  readonly outerEnvironment?: Environment;
  /** Of the `output` that is told; default: as it comes. */
  readonly pace?: Pace | undefined;
}

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
  /** Sets the goal of this instance to stop, and of no other; nothing once it is over. */
  stop(): void;
}

/** An event that is not finished, and who holds it. */
export interface HeldEvent {
  readonly event: Event;
  readonly heldBy: readonly Blocker[];
}

/** At most this much of a queue in one turn; then the host gets its say. */
const STEPS_PER_TURN = 10_000;

export function createEngineCore(options: EngineCoreOptions): Engine {
  return new Engine(options);
}

export class Engine implements AsyncDisposable {
  readonly #options: EngineCoreOptions;
  readonly #announcer = new Announcer(() => this.#wake());
  readonly #queue: EventQueue;
  readonly #table: JobTable;
  readonly #host: InstanceHost;
  readonly #instances = new Map<number, JobInstance>();
  readonly #keys = new Map<JobInstance, string>();
  #serial = 0;
  #awake = false;
  #closed = false;
  #instanceFailures = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: EngineCoreOptions) {
    this.#options = options;
    this.#queue = new EventQueue({
      handle: (queued) => this.#handle(queued),
      announce: (queued) => this.#announce(queued),
      wake: () => this.#wake(),
    });
    this.#table = new JobTable(this.#queue);
    this.#host = {
      queue: this.#queue,
      announcer: this.#announcer,
      clock: options.clock,
      createMainProcess: options.createMainProcess,
      runProcess: options.runProcess,
      pace: options.pace,
      machine: bindMachine((id) => this.#instances.get(id) as JobInstance),
      wake: () => this.#wake(),
      settled: (instance) => this.#remove(instance),
    };
  }

  /** Adds a job, or replaces it: at once, or when its last instance is gone. */
  define(job: JobDefinition): void {
    this.#open();
    this.#table.define(job);
  }

  /** Forgets a job: at once, or when its last instance is gone. */
  undefine(name: string): void {
    this.#table.undefine(name);
    this.#wake();
  }

  jobs(): readonly JobDefinition[] {
    return Array.from(this.#table.records(), ({ job }) => job);
  }

  /** Calls `listener` with what happens from now on, in order; the result ends that. */
  on<Type extends AnnouncementType>(type: Type, listener: Listener<Type>): () => void {
    return this.#announcer.on(type, listener);
  }

  /** Queues an event; resolves when nobody holds it any more. */
  emit(
    name: string,
    variables: readonly Variable[] = [],
    { signal }: WaitOptions = {},
  ): Promise<{ readonly failed: boolean }> {
    return abortable(signal, `waiting for the event ${name}`, () => {
      this.#open();
      if (name === '') throw new DomstartError('job-invalid', 'an event needs a name');
      return new Promise((resolve) => {
        this.#queue.add(createEvent(name, variables), (failed) => resolve({ failed }));
      });
    });
  }

  /**
   * Starts an instance of a job. Rejects where nothing can be started: `job-unknown`,
   * `variable-missing`, or `job-unchanged` where the instance's goal is start already.
   */
  async start(
    name: string,
    variables: readonly Variable[] = [],
    { signal }: WaitOptions = {},
  ): Promise<RunHandle> {
    this.#open();
    throwIfCancelled(signal, `starting ${name}`);
    const record = this.#record(name);
    const environment = extend(this.#classEnvironment(record), variables);
    const instance = this.#instanceFor(record, environment);
    if (instance.goal === 'start') {
      const which = formatInstance(name, instance.name);
      throw new DomstartError('job-unchanged', `Job is already running: ${which}`);
    }
    const answer = this.#answer(instance, signal, (resolve) =>
      instance.start(environment, { answer: resolve }),
    );
    const waiting = `waiting for ${formatInstance(name, instance.name)}`;
    const result = abortable(signal, waiting, () => instance.result);
    result.catch(() => {});
    return {
      job: name,
      instance: instance.name,
      answer,
      result,
      lines: instance.feed,
      stop() {
        if (instance.goal !== 'stop') instance.stop(variables);
      },
    };
  }

  /** Resolves when it has stopped; its variables reach pre-stop and post-stop. */
  async stop(
    name: string,
    variables: readonly Variable[] = [],
    { signal }: WaitOptions = {},
  ): Promise<Answer> {
    throwIfCancelled(signal, `stopping ${name}`);
    const { instance } = this.#find(name, variables);
    return this.#answer(instance, signal, (answer) => instance.stop(variables, { answer }));
  }

  /** Stops it and starts it again, with a new environment; resolves when it is there. */
  async restart(
    name: string,
    variables: readonly Variable[] = [],
    { signal }: WaitOptions = {},
  ): Promise<Answer> {
    this.#open();
    throwIfCancelled(signal, `restarting ${name}`);
    const { instance, environment } = this.#find(name, variables);
    return this.#answer(instance, signal, (answer) => instance.restart(environment, { answer }));
  }

  /** Every instance, and every job that has none. */
  status(name?: string): readonly InstanceStatus[] {
    const records = name === undefined ? [...this.#table.records()] : [this.#record(name)];
    return records.flatMap(({ job, instances }): InstanceStatus[] =>
      instances.size === 0
        ? [{ job: job.name, instance: '', goal: 'stop', state: 'waiting', processes: [] }]
        : Array.from(instances.values(), (instance) => instance.status()),
    );
  }

  /** The events that are not finished, oldest first. */
  waiting(): readonly HeldEvent[] {
    return this.#queue
      .unfinished()
      .map(({ event, blockers }) => ({ event, heldBy: [...blockers] }));
  }

  /** How many times an event started no instance because its name could not be made. */
  get instanceFailures(): number {
    return this.#instanceFailures;
  }

  /**
   * Resolves when nothing is left to do: no event can move, and no instance lives but such as wait
   * for an event that somebody holds. `waiting()` says which, and who.
   */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#wake();
    });
  }

  /** Sets every goal to stop; resolves when no instance lives. */
  async stopAll(): Promise<void> {
    const living = [...this.#instances.values()];
    for (const instance of living) {
      if (instance.goal !== 'stop') instance.stop([]);
    }
    await Promise.all(living.map(({ result }) => result));
  }

  /** Sets every goal to stop, and kills main processes at once, without `kill timeout`. */
  kill(): void {
    for (const instance of this.#instances.values()) instance.kill();
  }

  /** No job starts any more, and all are stopped; resolves when no instance lives. */
  async close(): Promise<void> {
    this.#closed = true;
    // What nobody can start any more holds no event, or an instance could wait for it for ever.
    this.#table.clear();
    for (const instance of this.#instances.values()) instance.forgetStopEvents();
    await this.stopAll();
    await this.idle();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): void {
    if (this.#closed) throw new DomstartError('cancelled', 'the engine is closed');
  }

  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    queueMicrotask(() => this.#turn());
  }

  #turn(): void {
    let quiet = true;
    try {
      quiet = this.#queue.drain(STEPS_PER_TURN);
    } catch (error) {
      this.#announcer.note('fault', { error: toDomstartError(error), where: 'the event queue' });
    }
    this.#awake = false;
    if (!quiet) {
      this.#awake = true;
      this.#options.clock.after(0, () => this.#turn());
    }
    this.#announcer.flush();
    if (quiet) this.#tellIdle();
  }

  #tellIdle(): void {
    if (this.#idleWaiters.length === 0 || !this.#queue.quiet) return;
    for (const instance of this.#instances.values()) {
      if (!instance.awaitsEvent) return;
    }
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #announce({ event, progress, serial, failed }: QueuedEvent): void {
    const told = progress === 'pending' ? 'queued' : progress;
    this.#announcer.note('event', { progress: told, event, serial, failed });
  }

  /** Stop comes before start, so an event in both restarts a running job (section 10). */
  #handle(queued: QueuedEvent): void {
    for (const listening of this.#table.listeners(queued.event.name)) {
      this.#handleFor(listening, queued);
    }
  }

  #handleFor({ record, stoppable }: Listening, queued: QueuedEvent): void {
    for (const instance of stoppable) {
      if (this.#instances.has(instance.id)) instance.take(queued);
    }
    this.#table.feedStart(record, queued, (events) => this.#startByEvents(record, events));
  }

  #startByEvents(record: JobRecord, events: readonly QueuedEvent[]): void {
    const environment = eventEnvironment(this.#classEnvironment(record), events);
    let instance: JobInstance;
    try {
      instance = this.#instanceFor(record, environment);
    } catch (error) {
      this.#instanceFailures += 1;
      const job = record.job.name;
      this.#announcer.note('instance', { kind: 'failed', job, error: toDomstartError(error) });
      return;
    }
    this.#announcer.note('matched', { job: instance.job.name, instance: instance.name });
    if (instance.goal !== 'start') instance.start(environment, { events });
  }

  #record(name: string): JobRecord {
    const record = this.#table.get(name);
    if (record === undefined) throw new DomstartError('job-unknown', `Unknown job: ${name}`);
    return record;
  }

  #classEnvironment({ job }: JobRecord): Environment {
    const { environment, outerEnvironment } = this.#options;
    return classEnvironment(job, environment, outerEnvironment ?? environment);
  }

  #find(name: string, variables: readonly Variable[]) {
    const record = this.#record(name);
    const environment = extend(this.#classEnvironment(record), variables);
    const instance = record.instances.get(instanceName(record.job, environment));
    if (instance === undefined) {
      const which = instanceName(record.job, environment);
      throw new DomstartError('job-unchanged', `Unknown instance: ${which}`);
    }
    if (instance.goal === 'stop') {
      const which = formatInstance(name, instance.name);
      throw new DomstartError('job-unchanged', `Job has already been stopped: ${which}`);
    }
    return { instance, environment };
  }

  #instanceFor(record: JobRecord, environment: Environment): JobInstance {
    const name = instanceName(record.job, environment);
    const id = this.#serial++;
    const key = record.job.instanceEach === true ? String(id) : name;
    const existing = record.instances.get(key);
    if (existing !== undefined) return existing;
    const instance = new JobInstance({ id, job: record.job, name, host: this.#host });
    this.#instances.set(id, instance);
    this.#keys.set(instance, key);
    this.#table.addInstance(record, key, instance);
    return instance;
  }

  #remove(instance: JobInstance): void {
    const key = this.#keys.get(instance) ?? instance.name;
    this.#keys.delete(instance);
    this.#table.removeInstance(instance, key);
    this.#instances.delete(instance.id);
  }

  #answer(
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
}
