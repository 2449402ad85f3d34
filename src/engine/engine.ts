/**
 * Events in, states out: the public face of the engine.
 *
 * Everything runs on one queue. A call only sets a goal or queues an event; what follows happens
 * in the microtask after it (`#turn`): the queue is drained to quiet, then what happened is told
 * to the listeners. An engine keeps no file, no global and no timer of its own, so any number of
 * them live in one process.
 */

import { withAutostart } from '../model/autostart.ts';
import type { Environment, Variable } from '../model/environment.ts';
import { DomstartError, toDomstartError } from '../model/errors.ts';
import type { Event, OldView } from '../model/event.ts';
import { createEvent } from '../model/event.ts';
import type { JobDefinition } from '../model/job.ts';
import { withSpool } from '../model/spooled.ts';
import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess, OutputLog, RunProcess } from '../ports/main-process.ts';
import type { Pace } from '../ports/pace.ts';
import { abortable } from './abortable.ts';
import type { Announcements, AnnouncementType, Listener } from './announcements.ts';
import { Announcer } from './announcements.ts';
import { bindMachines } from './bind-machine.ts';
import type { Answer, InnerCommands, RunHandle, WaitOptions } from './commands.ts';
import { Commands } from './commands.ts';
import type { EnvironmentTables } from './environment-tables.ts';
import type { Blocker, QueuedEvent } from './event-queue.ts';
import { EventQueue } from './event-queue.ts';
import type { InstanceHost } from './instance-host.ts';
import { instanceName } from './instance-name.ts';
import { type InstanceId, Instances } from './instances.ts';
import type { JobInstance } from './job-instance.ts';
import type { InstanceStatus } from './job-state.ts';
import type { JobRecord, Listening } from './job-table.ts';
import { eventEnvironment, JobTable } from './job-table.ts';
import { descend, type Lineage } from './lineage.ts';
import { refuseNul, refuseNulIn } from './refuse-nul.ts';

export interface EngineCoreOptions {
  readonly createMainProcess: CreateMainProcess;
  readonly runProcess: RunProcess;
  readonly clock: Clock;
  /** What every job's environment begins with: PATH and TERM, as a rule. */
  readonly environment: Environment;
  /** Where `env NAME` without a value takes it from. Default: `environment`. */
  readonly outerEnvironment?: Environment;
  /** What every process of a job gets besides, and no table has: UPSTART_SESSION. */
  readonly forProcesses?: ((job: JobDefinition) => readonly Variable[]) | undefined;
  /** Of the `output` that is told; default: as it comes. */
  readonly pace?: Pace | undefined;
  /** Where what an instance's processes print is kept; called when the instance is made. */
  readonly openLog?: ((job: string, instance: string) => OutputLog) | undefined;
  /**
   * Exactly as the real program, also where it promises nothing: jobs and instances see an event in
   * the order of its hash tables. For comparing with records of it.
   */
  readonly hashOrder?: boolean | undefined;
  /** Every job is of Upstart 0.3, whose queue made its passes a little differently. */
  readonly oldPasses?: boolean | undefined;
}

export interface EmitOptions extends WaitOptions {
  /** How jobs of Upstart 0.3 see it. */
  readonly old?: OldView | undefined;
  /** The instance whose process emits it, where that is known. */
  readonly from?: InstanceId | undefined;
}

/** An event that was queued. */
export interface Emission {
  readonly serial: number;
  readonly finished: Promise<{ readonly failed: boolean }>;
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
  readonly #instances: Instances;
  readonly #commands: Commands;
  /** Of the instance that was the last to go. */
  #lastLineage: Lineage | undefined;
  /** Something moved since the last `stalled`. */
  #moved = false;
  #awake = false;
  #quiescing = false;
  #closed = false;
  #instanceFailures = 0;
  #idleWaiters: (() => void)[] = [];

  constructor(options: EngineCoreOptions) {
    this.#options = options;
    this.#queue = new EventQueue({
      hooks: {
        handle: (queued) => this.#handle(queued),
        announce: (queued) => this.#announce(queued),
        wake: () => this.#wake(),
      },
      oldPasses: options.oldPasses,
    });
    this.#table = new JobTable({
      queue: this.#queue,
      onFate: (kind, { name }) => this.#announcer.note('definition', { kind, job: name }),
      hashOrder: options.hashOrder,
    });
    const outerEnvironment = options.outerEnvironment ?? options.environment;
    this.#instances = new Instances({
      table: this.#table,
      environment: options.environment,
      outerEnvironment,
      onGone: ({ lineage }) => {
        this.#moved = true;
        this.#lastLineage = lineage;
      },
    });
    this.#host = {
      queue: this.#queue,
      announcer: this.#announcer,
      clock: options.clock,
      createMainProcess: options.createMainProcess,
      runProcess: options.runProcess,
      pace: options.pace,
      outerEnvironment,
      forProcesses: options.forProcesses ?? (() => []),
      openLog: options.openLog,
      quiescing: () => this.#quiescing,
      machineOf: bindMachines((id) => this.#instances.byId(id) as JobInstance),
      wake: () => this.#wake(),
      settled: (instance) => this.#instances.remove(instance),
    };
    this.#commands = new Commands({
      instances: this.#instances,
      host: this.#host,
      descend: (from, job, instance) => this.#descend(from, job, instance),
      open: () => this.#open(),
    });
  }

  /** The environment that jobs start from, and that of each instance. */
  get environment(): EnvironmentTables {
    return this.#instances.environment;
  }

  /** Adds a job, or replaces it: at once, or when its last instance is gone. */
  define(job: JobDefinition): void {
    this.#open();
    this.#table.define(withSpool(withAutostart(job)));
  }

  /** Forgets a job: at once, or when its last instance is gone. */
  undefine(name: string): void {
    this.#table.undefine(name);
    this.#wake();
  }

  jobs(): readonly JobDefinition[] {
    return Array.from(this.#table.records(), ({ job }) => job);
  }

  job(name: string): JobDefinition | undefined {
    return this.#table.get(name)?.job;
  }

  /** Calls `listener` with what happens from now on, in order; the result ends that. */
  on<Type extends AnnouncementType>(type: Type, listener: Listener<Type>): () => void {
    return this.#announcer.on(type, listener);
  }

  /** Tells something that happened around the engine, in order with what it tells itself. */
  announce<Type extends AnnouncementType>(type: Type, told: Announcements[Type]): void {
    this.#announcer.note(type, told);
  }

  /** Queues an event; resolves when nobody holds it any more. */
  emit(
    name: string,
    variables: readonly Variable[] = [],
    options: EmitOptions = {},
  ): Promise<{ readonly failed: boolean }> {
    const what = `waiting for the event ${name}`;
    return abortable(
      options.signal,
      what,
      async () => this.queue(name, variables, options).finished,
    );
  }

  /** Queues an event, and does not wait. */
  queue(
    name: string,
    variables: readonly Variable[] = [],
    { old, from }: EmitOptions = {},
  ): Emission {
    this.#open();
    if (name === '') throw new DomstartError('job-invalid', 'Name may not be empty string');
    refuseNul([name, ...(old?.arguments ?? [])]);
    refuseNulIn(variables);
    const { promise: finished, resolve } = Promise.withResolvers<{ readonly failed: boolean }>();
    const { serial } = this.#queue.add(createEvent(name, variables, old), {
      from: from && this.#instances.lineageOf(from),
      onFinished: (failed) => resolve({ failed }),
    });
    return { serial, finished };
  }

  /**
   * Starts an instance of a job. Rejects where nothing can be started: `job-unknown`,
   * `variable-missing`, or `job-unchanged` where the instance's goal is start already.
   */
  async start(
    name: string,
    variables: readonly Variable[] = [],
    options: WaitOptions = {},
  ): Promise<RunHandle> {
    return this.#commands.start(name, variables, options);
  }

  /** Resolves when it has stopped; its variables reach pre-stop and post-stop. */
  async stop(
    name: string,
    variables: readonly Variable[] = [],
    options: WaitOptions = {},
  ): Promise<Answer> {
    return this.#commands.stop(name, variables, options);
  }

  /** Sets the goal of every instance of a job to stop; throws where there is none to be stopped. */
  stopEach(name: string): void {
    this.#commands.stopEach(name);
  }

  /** Stops it and starts it again, with a new environment; resolves when it is there. */
  async restart(
    name: string,
    variables: readonly Variable[] = [],
    options: WaitOptions = {},
  ): Promise<Answer> {
    return this.#commands.restart(name, variables, options);
  }

  /** Sends the reload signal to the main process of an instance. */
  reload(name: string, variables: readonly Variable[] = []): void {
    this.#commands.reload(name, variables);
  }

  /** The instance that these variables name; throws like `stop` where it does not live. */
  find(name: string, variables: readonly Variable[] = []): InstanceStatus {
    return this.#commands.find(name, variables);
  }

  /** Commands from inside an instance, which keeps its environment (UPSTART.md, section 11). */
  within(of: InstanceId): InnerCommands {
    return this.#commands.within(of);
  }

  /** Every instance, and every job that has none; in the order in which they see an event. */
  status(name?: string): readonly InstanceStatus[] {
    const records =
      name === undefined ? [...this.#table.records()] : [this.#instances.record(name)];
    return records.flatMap((record): InstanceStatus[] =>
      record.instances.size === 0
        ? [{ job: record.job.name, instance: '', goal: 'stop', state: 'waiting', processes: [] }]
        : this.#table.instancesOf(record).map((instance) => instance.status()),
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

  /** Resolves when everything that was done until now has been told. */
  async settled(): Promise<void> {
    this.#wake();
    await Promise.resolve();
  }

  /** Sets every goal to stop; resolves when no instance lives. */
  async stopAll(): Promise<void> {
    const living = [...this.#instances.all()];
    for (const instance of living) {
      if (instance.goal !== 'stop') instance.stop([]);
    }
    await Promise.all(living.map(({ result }) => result));
  }

  /**
   * As Upstart's session ends (UPSTART.md, section 23): queues the event, sets every goal to stop at
   * once, and lets jobs that start on the event run; `respawn` has no effect from now on. Resolves
   * when nothing is left to do.
   */
  async quiesce(event: string, variables: readonly Variable[]): Promise<void> {
    this.#quiescing = true;
    this.queue(event, variables);
    for (const instance of [...this.#instances.all()]) {
      if (instance.goal !== 'stop') instance.stop([]);
    }
    await this.idle();
  }

  /** Seconds: the longest that the jobs which live now may take to end. */
  get longestKillTimeout(): number {
    const all = Array.from(this.#instances.all(), ({ job }) => job.killTimeout ?? 5);
    return Math.max(0, ...all);
  }

  /** Sets every goal to stop, and kills main processes at once, without `kill timeout`. */
  kill(): void {
    for (const instance of this.#instances.all()) instance.kill();
  }

  /** No job starts any more, and all are stopped; resolves when no instance lives. */
  async close(): Promise<void> {
    this.#closed = true;
    // What nobody can start any more holds no event, or an instance could wait for it for ever.
    this.#table.clear();
    for (const instance of this.#instances.all()) instance.forgetStopEvents();
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
    if (!quiet) return;
    this.#tellIdle();
    this.#detectStall();
  }

  /**
   * Upstart 0.3: `stalled` comes when every job is stopped and some job starts on it. Only where
   * something moved since the last time, or it would come again and again.
   */
  #detectStall(): void {
    if (!this.#moved || this.#closed || this.#instances.size > 0) return;
    if (!this.#queue.quiet || !this.#table.hears('stalled')) return;
    this.#moved = false;
    this.#announcer.note('notice', { text: 'System has stalled, generating stalled event' });
    this.#queue.add(createEvent('stalled'), { from: this.#lastLineage });
  }

  #tellIdle(): void {
    if (this.#idleWaiters.length === 0 || !this.#queue.quiet) return;
    for (const instance of this.#instances.all()) {
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
    if (queued.event.name !== 'stalled') this.#moved = true;
    for (const listening of this.#table.listeners(queued.event)) {
      this.#handleFor(listening, queued);
    }
  }

  #handleFor({ record, stoppable }: Listening, queued: QueuedEvent): void {
    for (const instance of stoppable) {
      if (this.#instances.byId(instance.id) !== undefined) instance.take(queued);
    }
    this.#table.feedStart(record, queued, (events) => this.#startByEvents(record, events));
  }

  #startByEvents(record: JobRecord, events: readonly QueuedEvent[]): void {
    let environment: Environment;
    let instance: JobInstance;
    let lineage: Lineage | undefined;
    try {
      environment =
        record.job.dialect === 'event.d'
          ? this.environment.table
          : eventEnvironment(this.#instances.classEnvironment(record.job), events);
      const name = instanceName(record.job, environment);
      // Before an instance is made, which would be left behind.
      if (record.instances.get(name)?.goal !== 'start') {
        lineage = this.#descend(events.at(-1)?.from, record.job, name);
      }
      instance = this.#instances.obtain(record, environment, this.#host);
    } catch (error) {
      this.#instanceFailures += 1;
      const job = record.job.name;
      this.#announcer.note('instance', { kind: 'failed', job, error: toDomstartError(error) });
      return;
    }
    this.#announcer.note('matched', { job: instance.job.name, instance: instance.name });
    if (lineage !== undefined) instance.start(environment, { events, lineage });
  }

  #descend(from: Lineage | undefined, job: JobDefinition, instance: string): Lineage {
    return descend(from, { job: job.name, instance, now: this.#options.clock.now() });
  }
}
