/**
 * One instance of a job: its environment, the events it holds, the commands that wait for it, and
 * the actor that runs its lifecycle (job-machine.ts), which exists from leaving `waiting` to being
 * back there. What the machine wants from outside comes back here through bind-machine.ts.
 */
import type { Actor } from 'xstate';
import { createActor } from 'xstate';
import type { Environment, Variable } from '../model/environment.ts';
import { DomstartError, toDomstartError } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import { createEvent, oldView } from '../model/event.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';
import { PROCESS_NAMES } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  CreateMainProcess,
  Ending,
  MainProcess,
  OutputLog,
  RunContext,
  RunProcess,
  RunReport,
} from '../ports/main-process.ts';
import type { Pace } from '../ports/pace.ts';
import type { Announcer, OfInstance, ProcessAnnouncement } from './announcements.ts';
import type { BoundMachine } from './bind-machine.ts';
import type { Memory } from './condition-memory.ts';
import { emptyMemory, feed, trueEvents } from './condition-memory.ts';
import type { Blocker, EventQueue, QueuedEvent } from './event-queue.ts';
import type { InstanceEnvironment } from './instance-environment.ts';
import { createInstanceEnvironment } from './instance-environment.ts';
import type { Failure, JobEventName } from './job-events.ts';
import { createJobEvent } from './job-events.ts';
import type { MainCommand } from './job-machine.ts';
import type { Goal, InstanceStatus, OwnProcess, State } from './job-state.ts';
import { formatInstance } from './job-state.ts';
import { LineFeed } from './line-feed.ts';
import type { Lineage } from './lineage.ts';
import { createMainDriver } from './main-driver.ts';
import { createOutputGate, type OutputGate } from './output-gate.ts';
import { createOwnDriver, type OwnDriver } from './own-driver.ts';
import type { RunResult } from './run-record.ts';
import { RunRecord } from './run-record.ts';
import type { StartCount } from './verdict.ts';

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
  /** Behind all else in the environment of every process. */
  readonly forProcesses: readonly Variable[];
  readonly openLog: ((job: string, instance: string) => OutputLog) | undefined;
  readonly machineOf: (job: JobDefinition) => BoundMachine;
  /** Something happened outside a drain. */
  wake(): void;
  /** It is back in `waiting` and gone. */
  settled(instance: JobInstance): void;
}

/** Commands that end the main process. */
const ENDS: ReadonlySet<MainCommand['type']> = new Set(['terminate', 'kill', 'expire']);

export interface JobInstanceOptions {
  readonly id: number;
  readonly job: JobDefinition;
  /** Empty where the job has no `instance`. */
  readonly name: string;
  readonly host: InstanceHost;
  /** event.d: counts another start of the job; true where that was one too many. */
  readonly countStart: StartCount;
}

export class JobInstance {
  readonly id: number;
  readonly job: JobDefinition;
  readonly name: string;
  readonly feed = new LineFeed();
  readonly result: Promise<RunResult>;
  readonly environment: InstanceEnvironment;
  readonly #host: InstanceHost;
  readonly #countStart: StartCount;
  readonly #blocker: Blocker;
  readonly #stopBlocker: Blocker;
  readonly #held = new Set<QueuedEvent>();
  readonly #record: RunRecord;
  readonly #pids = new Map<ProcessName, number | undefined>();
  readonly #settle: (result: RunResult) => void;
  readonly #log: OutputLog | undefined;
  #answers: ((failed: boolean) => void)[] = [];
  #actor: Actor<BoundMachine> | undefined;
  #state: State = 'waiting';
  #goal: Goal = 'stop';
  #lineage: Lineage | undefined;
  #stopMemory: Memory<QueuedEvent>;
  #awaited: QueuedEvent | undefined;
  #urgent = false;
  /** event.d: it failed, and has not let go yet of what it holds. */
  #failed = false;
  #drive: ((command: MainCommand) => void) | undefined;
  #main: MainProcess | undefined;
  #own: OwnDriver | undefined;
  #gate: OutputGate | undefined;
  #forgetDeadline = () => {};

  constructor({ id, job, name, host, countStart }: JobInstanceOptions) {
    this.id = id;
    this.job = job;
    this.name = name;
    this.#host = host;
    this.#countStart = countStart;
    this.environment = createInstanceEnvironment({
      job,
      instance: name,
      id,
      cause: () => this.#cause,
      outer: host.outerEnvironment,
      added: host.forProcesses,
    });
    this.#blocker = { kind: 'instance', job: job.name, instance: name };
    this.#stopBlocker = { kind: 'match', job: job.name, instance: name, stanza: 'stop on' };
    this.#record = new RunRecord(host.clock.now());
    this.#log = host.openLog?.(job.name, name);
    this.#stopMemory = job.stopOn === undefined ? [] : emptyMemory(job.stopOn);
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
    const running = PROCESS_NAMES.filter((process) => this.#pids.has(process));
    return {
      job: this.job.name,
      instance: this.name,
      ...(this.job.dialect === 'event.d' && { id: this.id }),
      goal: this.#goal,
      state: this.#state,
      processes: running.map((process) => {
        const pid = this.#pids.get(process);
        return pid === undefined ? { process } : { process, pid };
      }),
    };
  }

  /** Without an environment it starts with the one that it has. */
  start(environment: Environment | undefined, cause: Cause = {}): void {
    if (environment !== undefined) this.environment.willStartWith(environment);
    this.#changeHold(cause);
    if (this.#actor === undefined) {
      this.#noteGoal('start');
      this.#actor = this.#createActor();
      this.#actor.start();
    } else {
      this.#actor.send({ type: 'goal.start' });
    }
    this.#host.wake();
  }

  stop(variables: readonly Variable[], cause: Cause = {}): void {
    this.environment.willStopWith(variables);
    this.#changeHold(cause);
    this.#actor?.send({ type: 'goal.stop' });
    this.#host.wake();
  }

  /** Stop, and at once start again: what that does depends on the state (section 12.3). */
  restart(environment: Environment | undefined, cause: Cause = {}): void {
    if (environment !== undefined) this.environment.willStartWith(environment);
    this.environment.dropStop();
    this.#changeHold(cause);
    this.#actor?.send({ type: 'goal.stop' });
    this.#actor?.send({ type: 'goal.start' });
    this.#host.wake();
  }

  /** Goal stop, and no waiting: neither for `kill timeout` nor for the job's own processes. */
  kill(): void {
    this.#urgent = true;
    this.#own?.kill();
    if (this.#goal !== 'stop') this.stop([]);
    this.#actor?.send({ type: 'kill.due' });
    this.#host.wake();
  }

  /** Feeds an event to `stop on`. */
  take(queued: QueuedEvent): void {
    const { stopOn } = this.job;
    if (stopOn === undefined) return;
    const before = this.#stopMemory;
    const { event } = queued;
    const fed = feed(stopOn, before, {
      event,
      held: queued,
      environment: this.environment.table,
      dialect: this.job.dialect,
    });
    if (fed.matched === 0) return;
    this.#stopMemory = fed.memory;
    this.#host.queue.block(queued, this.#stopBlocker);
    if (!fed.value) return;
    const events = trueEvents(stopOn, fed.memory);
    if (this.#goal !== 'stop') {
      const names = events.map(({ event: { name } }) => name).join(' ');
      this.stop(
        [
          ...events.flatMap(({ event: { variables } }) => variables),
          { name: 'UPSTART_STOP_EVENTS', value: names },
        ],
        { events },
      );
    }
    this.forgetStopEvents();
  }

  /** Releases what `stop on` remembers. */
  forgetStopEvents(): void {
    for (const event of new Set(this.#stopMemory)) {
      if (event !== undefined) this.#host.queue.release(event, this.#stopBlocker);
    }
    this.#stopMemory = this.#stopMemory.map(() => undefined);
  }

  /** Lets go of what was held before, and holds what is the cause of the new goal. */
  #changeHold({ events = [], answer, lineage }: Cause): void {
    this.release({ failed: false });
    this.#lineage = lineage ?? this.#lineage;
    for (const event of events) {
      this.#host.queue.block(event, this.#blocker);
      this.#held.add(event);
    }
    if (answer !== undefined) this.#answers.push(answer);
  }

  // What follows is called by the machine, through bind-machine.ts.

  release(outcome: { readonly failed: boolean }): void {
    // Upstart 0.3 marks them at once, and lets go of them where it always does.
    if (this.job.dialect === 'event.d' && outcome.failed) {
      for (const event of this.#held) this.#host.queue.fail(event);
      this.#failed = true;
      return;
    }
    this.#letGo({ failed: outcome.failed || this.#failed });
    this.#failed = false;
  }

  #letGo(outcome: { readonly failed: boolean }): void {
    for (const event of this.#held) this.#host.queue.release(event, this.#blocker, outcome);
    this.#held.clear();
    const answers = this.#answers;
    this.#answers = [];
    for (const answer of answers) answer(outcome.failed);
  }

  noteGoal(to: Goal): void {
    this.#noteGoal(to);
  }

  noteState(to: State): void {
    const from = this.#state;
    this.#state = to;
    this.#host.announcer.note('state', { ...this.#of, from, to });
  }

  noteProcess(process: ProcessName, told: ProcessAnnouncement): void {
    this.#host.announcer.note('process', { ...this.#of, process, ...told });
  }

  noteFailure(failure: Failure, error: DomstartError | undefined): void {
    this.#record.noteFailure(failure, error);
  }

  beginRun(): void {
    this.environment.begin();
    this.#urgent = false;
    this.#own = this.#createOwnDriver();
    this.#gate = this.#host.pace && createOutputGate(this.#host.pace);
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

  expireOwn(): void {
    this.#own?.expire();
  }

  dropStopEnvironment(): void {
    this.environment.dropStop();
  }

  /** True where the limit of event.d's starts was exceeded by this one. */
  countStart(): boolean {
    return this.#countStart(this.job, this.#host.clock.now() / 1000);
  }

  /** `initctl reload`: the reload signal goes to the main process alone. */
  reload(): void {
    if (!this.#pids.has('main') || this.#main?.reload === undefined) {
      throw new DomstartError('job-unchanged', `Job is not running: ${this.job.name}`);
    }
    this.#main.reload();
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
    this.forgetStopEvents();
    this.#forgetDeadline();
    if (this.#lineage !== undefined) this.#lineage.over = true;
    this.#actor = undefined;
    this.#drive = undefined;
    this.#main = undefined;
    this.#own = undefined;
    this.#pids.clear();
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

  driveMain(send: Parameters<typeof createMainDriver>[0]['send']): (command: MainCommand) => void {
    const drive = createMainDriver({
      create: () => {
        this.#main = this.#host.createMainProcess(this.#context());
        return this.#main;
      },
      send: (fact) => {
        if (fact.type === 'main.failed' && fact.phase === 'spawn') {
          this.noteProcess('main', { kind: 'spawn-failed', error: fact.error });
        }
        send(fact);
        this.#host.wake();
      },
      now: () => this.#host.clock.now() / 1000,
      onSpawned: (pid) => {
        if (!this.#pids.has('main')) this.#noteSpawned('main', pid);
      },
      onEnded: (ending) => {
        this.#record.noteEnding(ending);
        this.#noteEnded('main', ending);
      },
      onFault: (error) => this.#noteFault(error),
    });
    this.#drive = (command) => {
      if (ENDS.has(command.type)) this.#gate?.hurry();
      drive(command);
    };
    return this.#drive;
  }

  runOwn(process: OwnProcess, done: (ending: Ending) => void): void {
    this.#own?.run(process, (ending) => {
      done(ending);
      this.#host.wake();
    });
  }

  #createOwnDriver(): OwnDriver {
    return createOwnDriver({
      run: (process, signal) => {
        const context = this.#context();
        const stopping = process === 'pre-stop' || process === 'post-stop';
        const environment = this.environment.forProcess({ stopping });
        const onSpawn = (pid: number) => this.#noteSpawned(process, pid);
        return this.#host.runProcess({ context, process, environment, onSpawn, signal });
      },
      afterKillTimeout: (due) => this.after(this.job.killTimeout ?? 5, due),
      onKill: (process) => this.noteProcess(process, { kind: 'kill', signal: 'KILL' }),
      onEnded: (process, ending) => this.#noteEnded(process, ending),
    });
  }

  /** The machine itself broke down: nothing may wait for it any more, nor be left behind. */
  abandon(error: unknown): void {
    this.#noteFault(error);
    this.#own?.kill();
    this.#drive?.({ type: 'kill' });
    this.#drive?.({ type: 'cleanUp' });
    this.noteFailure({ process: 'main' }, toDomstartError(error));
    this.release({ failed: true });
    this.#awaited = undefined;
    this.settle();
  }

  after(seconds: number, due: () => void): () => void {
    return this.#host.clock.after(this.#urgent ? 0 : seconds * 1000, () => {
      due();
      this.#host.wake();
    });
  }

  get #of(): OfInstance {
    const of = { job: this.job.name, instance: this.name };
    if (this.job.dialect !== 'event.d') return of;
    const cause = this.#causeOf()?.serial;
    return { ...of, id: this.id, ...(cause === undefined ? {} : { cause }) };
  }

  #noteGoal(to: Goal): void {
    const from = this.#goal;
    if (from === to) return;
    this.#goal = to;
    this.#host.announcer.note('goal', { ...this.#of, from, to });
  }

  #noteSpawned(process: ProcessName, pid: number | undefined): void {
    this.#pids.set(process, pid);
    this.noteProcess(process, pid === undefined ? { kind: 'spawn' } : { kind: 'spawn', pid });
  }

  #noteEnded(process: ProcessName, ending: Ending): void {
    const ran = this.#pids.delete(process);
    if (ending.kind === 'failed') {
      this.noteProcess(process, { kind: ran ? 'lost' : 'spawn-failed', error: ending.error });
    } else {
      this.noteProcess(process, { kind: 'exit', ending });
    }
  }

  #noteFault(error: unknown): void {
    const where = formatInstance(this.job.name, this.name);
    this.#host.announcer.note('fault', { error: toDomstartError(error), where });
  }

  #createActor(): Actor<BoundMachine> {
    const { id, job } = this;
    const actor = createActor(this.#host.machineOf(job), { input: { id, job } });
    // Without an observer XState throws it in a timer, where it would end the whole process.
    actor.subscribe({ error: (error) => this.abandon(error) });
    return actor;
  }

  #context(): RunContext {
    const { environment } = this;
    return {
      job: this.job,
      instance: this.name,
      // What pre-start sets (`initctl set-env`) counts for the main process.
      get environment() {
        return environment.forProcess({ stopping: false });
      },
      report: this.#report(),
      ...(this.#gate === undefined ? {} : { pace: this.#gate.pace }),
      ...(this.#log === undefined ? {} : { log: this.#log }),
      ...(this.#cause === undefined ? {} : { arguments: oldView(this.#cause).arguments }),
    };
  }

  /** The event that the instance was started or stopped by, as long as it holds it. */
  get #cause(): Event | undefined {
    return this.job.dialect === 'event.d' ? this.#causeOf()?.event : undefined;
  }

  #causeOf(): QueuedEvent | undefined {
    for (const held of this.#held) return held;
    return undefined;
  }

  #report(): RunReport {
    const { queue, announcer } = this.#host;
    return {
      emit: (name, variables) =>
        void queue.add(createEvent(name, variables), { from: this.#lineage }),
      line: (line) => {
        this.feed.push(line);
        if (!this.#gate?.closed) announcer.note('output', { ...this.#of, line });
      },
      progress: (progress) => {
        this.#record.noteProgress(progress);
        announcer.note('progress', { ...this.#of, progress });
      },
      forked: (pid) => this.#noteSpawned('main', pid),
      followed: (pid) => {
        this.#pids.set('main', pid);
        this.noteProcess('main', { kind: 'fork', pid });
      },
      signalled: (kind, signal) => this.noteProcess('main', { kind, signal }),
      fact: (name, value) => this.#record.noteFact(name, value),
    };
  }
}

/** Why a goal changes: the events that are held for it, or the command that waits for it. */
export interface Cause {
  readonly events?: readonly QueuedEvent[];
  readonly answer?: (failed: boolean) => void;
  /** Of the run that begins. */
  readonly lineage?: Lineage;
}
