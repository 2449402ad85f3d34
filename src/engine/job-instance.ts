/**
 * One instance of a job: its goal and state, and the actor that runs its lifecycle (job-machine.ts),
 * which exists from leaving `waiting` to being back there. What the machine wants from outside comes
 * back here through bind-machine.ts. What it holds, what runs for it and its environment are parts
 * of their own.
 */
import type { Actor } from 'xstate';
import { createActor } from 'xstate';
import type { Environment, Variable } from '../model/environment.ts';
import { DomstartError, toDomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { OfInstance } from './announcements.ts';
import type { BoundMachine } from './bind-machine.ts';
import type { QueuedEvent } from './event-queue.ts';
import { type Cause, Holds } from './holds.ts';
import type { InstanceEnvironment } from './instance-environment.ts';
import { createInstanceEnvironment } from './instance-environment.ts';
import type { InstanceHost } from './instance-host.ts';
import { InstanceProcesses } from './instance-processes.ts';
import type { Failure, JobEventName } from './job-events.ts';
import { createJobEvent } from './job-events.ts';
import type { Goal, InstanceStatus, State } from './job-state.ts';
import { formatInstance } from './job-state.ts';
import { LineFeed } from './line-feed.ts';
import type { Lineage } from './lineage.ts';
import type { RunResult } from './run-record.ts';
import { RunRecord } from './run-record.ts';
import type { StartCount } from './verdict.ts';

export interface JobInstanceOptions {
  readonly id: number;
  readonly job: JobDefinition;
  /** Empty where the job has no `instance`. */
  readonly name: string;
  readonly host: InstanceHost;
  /** event.d: counts another start of the job; true where that was one too many. */
  readonly countStart: StartCount;
}

/** Why it starts, and the lineage of the run that begins. */
interface StartCause extends Cause {
  readonly lineage?: Lineage;
}

export class JobInstance {
  readonly id: number;
  readonly job: JobDefinition;
  readonly name: string;
  readonly feed = new LineFeed();
  readonly result: Promise<RunResult>;
  readonly environment: InstanceEnvironment;
  readonly processes: InstanceProcesses;
  readonly #host: InstanceHost;
  readonly #countStart: StartCount;
  readonly #holds: Holds;
  readonly #record: RunRecord;
  readonly #settle: (result: RunResult) => void;
  #actor: Actor<BoundMachine> | undefined;
  #state: State = 'waiting';
  #goal: Goal = 'stop';
  #lineage: Lineage | undefined;
  #awaited: QueuedEvent | undefined;
  #forgetDeadline = () => {};

  constructor({ id, job, name, host, countStart }: JobInstanceOptions) {
    this.id = id;
    this.job = job;
    this.name = name;
    this.#host = host;
    this.#countStart = countStart;
    this.#holds = new Holds({ job, instance: name, queue: host.queue });
    this.environment = createInstanceEnvironment({
      job,
      instance: name,
      id,
      cause: () => this.#holds.cause?.event,
      outer: host.outerEnvironment,
      added: host.forProcesses(job),
    });
    this.#record = new RunRecord(host.clock.now());
    this.processes = new InstanceProcesses({
      job,
      instance: name,
      host,
      environment: this.environment,
      record: this.#record,
      feed: this.feed,
      of: () => this.#of,
      lineage: () => this.#lineage,
      cause: () => this.#holds.cause,
    });
    const { promise, resolve } = Promise.withResolvers<RunResult>();
    this.result = promise;
    this.#settle = resolve;
  }

  get goal(): Goal {
    return this.#goal;
  }

  /** Of its run, and so of the events that it emits. */
  get lineage(): Lineage | undefined {
    return this.#lineage;
  }

  /** It waits for a `starting` or `stopping` event to be finished, and for nothing else. */
  get awaitsEvent(): boolean {
    return this.#awaited !== undefined;
  }

  status(): InstanceStatus {
    return {
      job: this.job.name,
      instance: this.name,
      ...(this.job.dialect === 'event.d' && { id: this.id }),
      goal: this.#goal,
      state: this.#state,
      processes: this.processes.running(),
    };
  }

  /** Without an environment it starts with the one that it has. */
  start(environment: Environment | undefined, { lineage, ...cause }: StartCause = {}): void {
    if (environment !== undefined) this.environment.willStartWith(environment);
    this.#holds.replace(cause);
    this.#lineage = lineage ?? this.#lineage;
    if (this.#actor === undefined) {
      this.noteGoal('start');
      this.#actor = this.#createActor();
      this.#actor.start();
    } else {
      this.#actor.send({ type: 'goal.start' });
    }
    this.#host.wake();
  }

  stop(variables: readonly Variable[], cause: Cause = {}): void {
    this.environment.willStopWith(variables);
    this.#holds.replace(cause, { failed: this.processes.yielding });
    this.#actor?.send({ type: 'goal.stop' });
    this.#host.wake();
  }

  /** Stop, and at once start again: what that does depends on the state (section 12.3). */
  restart(environment: Environment | undefined, cause: Cause = {}): void {
    if (environment !== undefined) this.environment.willStartWith(environment);
    this.environment.dropStop();
    this.#holds.replace(cause);
    this.#actor?.send({ type: 'goal.stop' });
    this.#actor?.send({ type: 'goal.start' });
    this.#host.wake();
  }

  /** Goal stop, and no waiting. */
  kill(): void {
    this.processes.hurry();
    if (this.#goal !== 'stop') this.stop([]);
    this.#actor?.send({ type: 'kill.due' });
    this.#host.wake();
  }

  /** `initctl reload`. Throws `job-unchanged`. */
  reload(): void {
    this.processes.reload();
  }

  /** Feeds an event to `stop on`. */
  take(queued: QueuedEvent): void {
    const cause = this.#holds.feedStop(queued, this.environment.table);
    if (cause === undefined) return;
    if (this.#goal !== 'stop') this.stop(cause.variables, { events: cause.events });
    this.#holds.forgetStop();
  }

  forgetStopEvents(): void {
    this.#holds.forgetStop();
  }

  // What follows is called by the machine, through bind-machine.ts.

  release(outcome: { readonly failed: boolean }): void {
    this.#holds.release(outcome);
  }

  noteGoal(to: Goal): void {
    const from = this.#goal;
    if (from === to) return;
    this.#goal = to;
    this.#host.announcer.note('goal', { ...this.#of, from, to });
  }

  noteState(to: State): void {
    const from = this.#state;
    this.#state = to;
    this.#host.announcer.note('state', { ...this.#of, from, to });
  }

  noteFailure(failure: Failure, error: DomstartError | undefined): void {
    this.#record.noteFailure(failure, error);
  }

  beginRun(): void {
    this.environment.begin();
    this.processes.begin();
    this.#forgetDeadline();
    this.#record.begin();
  }

  armDeadline(): void {
    const seconds = this.job.domain?.timeout;
    if (seconds === undefined) return;
    this.#forgetDeadline = this.#host.clock.after(seconds * 1000, () => {
      const which = formatInstance(this.job.name, this.name);
      const message = `${which} was ended in ${this.#state}: its timeout of ${seconds} s passed`;
      const error = new DomstartError('deadline-passed', message, {
        hint: 'it counts from pre-start on, the making of the image included',
      });
      this.#actor?.send({ type: 'deadline.due', error });
      this.#host.wake();
    });
  }

  dropStopEnvironment(): void {
    this.environment.dropStop();
  }

  /** True where the limit of event.d's starts was exceeded by this one. */
  countStart(): boolean {
    return this.#countStart(this.job, this.#host.clock.now() / 1000);
  }

  queueEvent(name: JobEventName, failure: Failure | undefined): void {
    const event = createJobEvent(name, {
      job: this.job.name,
      instance: this.name,
      failure,
      exports: this.job.export,
      environment: this.environment.table,
    });
    const from = this.#lineage;
    if (name === 'started' || name === 'stopped') {
      this.#host.queue.add(event, { from });
      return;
    }
    const onFinished = () => {
      this.#awaited = undefined;
      this.#actor?.send({ type: 'event.finished' });
    };
    this.#awaited = this.#host.queue.add(event, { from, onFinished });
  }

  settle(): void {
    this.#holds.forgetStop();
    this.#forgetDeadline();
    if (this.#lineage !== undefined) this.#lineage.over = true;
    this.#actor = undefined;
    this.processes.clear();
    const result = this.#record.result(this.#of, this.#host.clock.now());
    this.#host.announcer.note('instance', {
      kind: 'destroyed',
      ...this.#of,
      ...(this.job.instanceEach && { each: true }),
    });
    this.#host.announcer.note('result', result);
    this.feed.end();
    this.#settle(result);
    this.#host.settled(this);
  }

  /** The machine itself broke down: nothing may wait for it any more, nor be left behind. */
  #abandon(error: unknown): void {
    this.processes.noteFault(error);
    this.processes.abandon();
    this.noteFailure({ process: 'main' }, toDomstartError(error));
    this.release({ failed: true });
    this.#awaited = undefined;
    this.settle();
  }

  get #of(): OfInstance {
    const of = { job: this.job.name, instance: this.name };
    if (this.job.dialect !== 'event.d') return of;
    const cause = this.#holds.cause?.serial;
    return { ...of, id: this.id, ...(cause === undefined ? {} : { cause }) };
  }

  #createActor(): Actor<BoundMachine> {
    const { id, job } = this;
    const actor = createActor(this.#host.machineOf(job), { input: { id, job } });
    // Without an observer XState throws it in a timer, where it would end the whole process.
    actor.subscribe({ error: (error) => this.#abandon(error) });
    return actor;
  }
}
