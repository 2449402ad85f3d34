import { DomstartError, toDomstartError } from '../model/errors.ts';
import { createEvent, oldView } from '../model/event.ts';
import type { JobDefinition, ProcessName } from '../model/job.ts';
import { PROCESS_NAMES } from '../model/job.ts';
import type {
  Ending,
  MainProcess,
  OutputLog,
  RunContext,
  RunReport,
} from '../ports/main-process.ts';
import type { OfInstance, ProcessAnnouncement } from './announcements.ts';
import type { QueuedEvent } from './event-queue.ts';
import type { InstanceEnvironment } from './instance-environment.ts';
import type { InstanceHost } from './instance-host.ts';
import type { MainCommand } from './job-machine.ts';
import type { InstanceStatus, OwnProcess } from './job-state.ts';
import { formatInstance } from './job-state.ts';
import type { LineFeed } from './line-feed.ts';
import type { Lineage } from './lineage.ts';
import { createMainDriver } from './main-driver.ts';
import { createOutputGate, type OutputGate } from './output-gate.ts';
import { createOwnDriver, type OwnDriver } from './own-driver.ts';
import type { RunRecord } from './run-record.ts';

/** Commands that end the main process. */
const ENDS: ReadonlySet<MainCommand['type']> = new Set(['terminate', 'kill', 'expire']);

export interface InstanceProcessesOptions {
  readonly job: JobDefinition;
  readonly instance: string;
  readonly host: InstanceHost;
  readonly environment: InstanceEnvironment;
  readonly record: RunRecord;
  readonly feed: LineFeed;
  readonly of: () => OfInstance;
  readonly lineage: () => Lineage | undefined;
  readonly cause: () => QueuedEvent | undefined;
}

/** What runs for one instance: its main process and its own ones, and what they tell. */
export class InstanceProcesses {
  readonly #options: InstanceProcessesOptions;
  readonly #log: OutputLog | undefined;
  readonly #pids = new Map<ProcessName, number | undefined>();
  #main: MainProcess | undefined;
  #drive: ((command: MainCommand) => void) | undefined;
  #own: OwnDriver | undefined;
  #gate: OutputGate | undefined;
  #urgent = false;
  #yielding = false;

  constructor(options: InstanceProcessesOptions) {
    this.#options = options;
    this.#log = options.host.openLog?.(options.job.name, options.instance);
  }

  /** For a new attempt: a start, a respawn, a restart. */
  begin(): void {
    const { pace } = this.#options.host;
    this.#urgent = false;
    this.#own = this.#createOwnDriver();
    this.#gate = pace && createOutputGate(pace);
    this.#yielding = false;
  }

  /** The main process is there and not up yet, and a stop does not wait until it is. */
  get yielding(): boolean {
    return this.#yielding;
  }

  /** Main first; no pid where it is not a process of this host. */
  running(): InstanceStatus['processes'] {
    return PROCESS_NAMES.filter((process) => this.#pids.has(process)).map((process) => {
      const pid = this.#pids.get(process);
      return pid === undefined ? { process } : { process, pid };
    });
  }

  note(process: ProcessName, told: ProcessAnnouncement): void {
    const { host, of } = this.#options;
    host.announcer.note('process', { ...of(), process, ...told });
  }

  /** The reload signal goes to the main process alone. Throws `job-unchanged`. */
  reload(): void {
    if (!this.#pids.has('main') || this.#main?.reload === undefined) {
      throw new DomstartError('job-unchanged', `Job is not running: ${this.#options.job.name}`);
    }
    this.#main.reload();
  }

  driveMain(send: Parameters<typeof createMainDriver>[0]['send']): (command: MainCommand) => void {
    const { host, record } = this.#options;
    const drive = createMainDriver({
      create: () => {
        this.#main = host.createMainProcess(this.#context());
        return this.#main;
      },
      send: (fact) => {
        this.#yielding = fact.type === 'main.spawned' && fact.yielding === true;
        if (fact.type === 'main.failed' && fact.phase === 'spawn') {
          this.note('main', { kind: 'spawn-failed', error: fact.error });
        }
        send(fact);
        host.wake();
      },
      now: () => host.clock.now() / 1000,
      final: () => host.quiescing(),
      onSpawned: (pid) => {
        if (!this.#pids.has('main')) this.#noteSpawned('main', pid);
      },
      onEnded: (ending) => {
        record.noteEnding(ending);
        this.#noteEnded('main', ending);
      },
      onFault: (error) => this.noteFault(error),
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
      this.#options.host.wake();
    });
  }

  /** The run's time is over: as `hurry`, but post-stop still has `kill timeout`. */
  expireOwn(): void {
    this.#own?.expire();
  }

  /** Nobody waits any more: neither for `kill timeout` nor for the job's own processes. */
  hurry(): void {
    this.#urgent = true;
    this.#own?.kill();
  }

  after(seconds: number, due: () => void): () => void {
    const { clock, wake } = this.#options.host;
    return clock.after(this.#urgent ? 0 : seconds * 1000, () => {
      due();
      wake();
    });
  }

  /** The machine that ran them broke down. */
  abandon(): void {
    this.#own?.kill();
    this.#drive?.({ type: 'kill' });
    this.#drive?.({ type: 'cleanUp' });
  }

  noteFault(error: unknown): void {
    const { job, instance, host } = this.#options;
    const where = formatInstance(job.name, instance);
    host.announcer.note('fault', { error: toDomstartError(error), where });
  }

  /** All of it is over. */
  clear(): void {
    this.#drive = undefined;
    this.#main = undefined;
    this.#own = undefined;
    this.#pids.clear();
  }

  #createOwnDriver(): OwnDriver {
    const { job, host, environment } = this.#options;
    return createOwnDriver({
      run: (process, signal) =>
        host.runProcess({
          context: this.#context(),
          process,
          environment: environment.forProcess({
            stopping: process === 'pre-stop' || process === 'post-stop',
          }),
          onSpawn: (pid) => this.#noteSpawned(process, pid),
          signal,
        }),
      afterKillTimeout: (due) => this.after(job.killTimeout ?? 5, due),
      onKill: (process) => this.note(process, { kind: 'kill', signal: 'KILL' }),
      onEnded: (process, ending) => this.#noteEnded(process, ending),
    });
  }

  #noteSpawned(process: ProcessName, pid: number | undefined): void {
    this.#pids.set(process, pid);
    this.note(process, pid === undefined ? { kind: 'spawn' } : { kind: 'spawn', pid });
  }

  #noteEnded(process: ProcessName, ending: Ending): void {
    const ran = this.#pids.delete(process);
    if (ending.kind === 'failed') {
      this.note(process, { kind: ran ? 'lost' : 'spawn-failed', error: ending.error });
    } else {
      this.note(process, { kind: 'exit', ending });
    }
  }

  #context(): RunContext {
    const { job, instance, environment, cause } = this.#options;
    const event = job.dialect === 'event.d' ? cause()?.event : undefined;
    return {
      job,
      instance,
      // What pre-start sets (`initctl set-env`) counts for the main process.
      get environment() {
        return environment.forProcess({ stopping: false });
      },
      report: this.#report(),
      ...(this.#gate === undefined ? {} : { pace: this.#gate.pace }),
      ...(this.#log === undefined ? {} : { log: this.#log }),
      ...(event === undefined ? {} : { arguments: oldView(event).arguments }),
    };
  }

  #report(): RunReport {
    const { job, instance, host, feed, record, of, lineage } = this.#options;
    const { queue, announcer } = host;
    return {
      emit: (name, variables) => void queue.add(createEvent(name, variables), { from: lineage() }),
      line: (line) => {
        feed.push(line);
        if (!this.#gate?.closed) announcer.note('output', { ...of(), line });
      },
      warn: (text) => {
        const which = formatInstance(job.name, instance);
        announcer.note('notice', { text: `${which}: ${text}`, severity: 'warning' });
      },
      progress: (progress) => {
        record.noteProgress(progress);
        announcer.note('progress', { ...of(), progress });
      },
      forked: (pid) => this.#noteSpawned('main', pid),
      followed: (pid) => {
        this.#pids.set('main', pid);
        this.note('main', { kind: 'fork', pid });
      },
      signalled: (kind, signal) => this.note('main', { kind, signal }),
      fact: (name, value) => record.noteFact(name, value),
    };
  }
}
