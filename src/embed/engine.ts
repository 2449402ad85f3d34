import { throwIfCancelled } from '../engine/abortable.ts';
import type { Announcements, AnnouncementType, Listener } from '../engine/announcements.ts';
import { ANNOUNCEMENT_TYPES } from '../engine/announcements.ts';
import { createEngineCore, type Engine as EngineCore } from '../engine/engine.ts';
import type { Blocker } from '../engine/event-queue.ts';
import type { InstanceStatus } from '../engine/job-state.ts';
import type { Environment } from '../model/environment.ts';
import type { Event } from '../model/event.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { Pace } from '../ports/pace.ts';
import type { ForkRecord } from '../process/fork-record.ts';
import { systemClock } from '../process/system-clock.ts';
import type { Announcement, AnnouncementFeed, FeedOptions } from './announcement-feed.ts';
import { createFeed } from './announcement-feed.ts';
import {
  type CallOptions,
  calledListener,
  engineOptions,
  filledName,
  givenOptions,
  knownType,
} from './call-options.ts';
import { keepInside } from './engine-core.ts';
import { createHostPorts } from './host-ports.ts';
import { refuseVendor } from './refuse-vendor.ts';
import { createRun, type Run } from './run.ts';
import { type JobSource, toJob } from './to-job.ts';

export type { Announcements, AnnouncementType, Listener } from '../engine/announcements.ts';
export { ANNOUNCEMENT_TYPES } from '../engine/announcements.ts';
export type { Goal, InstanceStatus, State } from '../engine/job-state.ts';
export type { RunResult } from '../engine/run-record.ts';
export type { Clock } from '../ports/clock.ts';
export type { Ending, OutputLine, Progress } from '../ports/main-process.ts';
export type { Pace } from '../ports/pace.ts';
export type { CallOptions } from './call-options.ts';

export interface EngineOptions {
  /** In whatever form; of two with the same name the last counts. */
  readonly jobs?: readonly JobSource[];
  /** Kernels and base images. Default: DOMSTART_CACHE, or domstart in the user's cache folder. */
  readonly cache?: string;
  /** What lives as long as a run. Default: DOMSTART_RUN, or domstart in the user's runtime folder. */
  readonly runs?: string;
  /**
   * Gets a folder `JOB[-INSTANCE].out` with what a domain of `output` handed back; the one of an
   * earlier run is replaced. Default: the working folder.
   */
  readonly outputs?: string;
  /** Where processes of jobs get PATH, TERM and bare `env NAME` from. Default: process.env. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Asked after every piece of output: where it gives a promise, the programs and domains of all
   * runs are made to wait until it settles. A stop or a kill works meanwhile. Default, and where it
   * throws: no waiting.
   */
  readonly pace?: Pace;
  /** What `kill timeout`, `respawn limit` and `timeout` are measured by. Default: the host's time. */
  readonly clock?: Clock;
}

/** An event that is not finished, and who holds it. */
export interface HeldEvent {
  readonly event: Event;
  readonly heldBy: readonly Blocker[];
}

/** What `on` gives: calling it, or leaving the scope of a `using`, ends the listening. */
export interface Subscription extends Disposable {
  (): void;
}

/**
 * Starts an engine in this process. It has no files and knows of no other engine. Throws as
 * `define` does where a job is none.
 */
export function createEngine(options: EngineOptions = {}): Engine {
  return createSessionEngine(engineOptions(options), undefined);
}

/** Of an engine that others can reach, and clean up after. */
export interface EngineSession {
  /** UPSTART_SESSION of its jobs, where their `initctl` looks for it: serving it there is its owner's affair. */
  readonly address: string;
  /** Where the processes of its jobs are noted. */
  readonly forks?: ForkRecord;
}

/** The same, with a session. */
export function createSessionEngine(
  options: EngineOptions,
  session: EngineSession | undefined,
): Engine {
  const engine = new Engine(options, session);
  for (const job of options.jobs ?? []) engine.define(job);
  return engine;
}

/** Events in, runs out. Close it when done (`await using`): that ends every run. */
export class Engine implements AsyncDisposable {
  readonly #core: EngineCore;
  readonly #ports: AsyncDisposable;
  readonly #ends = new Set<() => void>();
  #over = false;

  constructor(options: EngineOptions, session: EngineSession | undefined) {
    const { clock = systemClock } = options;
    const outer = tableOf(options.environment ?? process.env);
    const ports = createHostPorts({
      ...options,
      clock,
      ...(session?.forks && { forks: session.forks }),
    });
    this.#ports = ports;
    this.#core = createEngineCore({
      ...ports,
      clock,
      environment: new Map([...outer].filter(([name]) => name === 'PATH' || name === 'TERM')),
      outerEnvironment: outer,
      forProcesses:
        session === undefined
          ? undefined
          : () => [{ name: 'UPSTART_SESSION', value: session.address }],
      pace: options.pace && unbreakable(options.pace),
    });
    keepInside(this, { core: this.#core, domains: ports.domains });
  }

  /**
   * Adds a job, or replaces it once its running instances are gone. Throws a JobFileError where its
   * text has errors, a JobObjectError where its object has keys or values that no job has, and
   * `not-supported` where the job wants what only one vendor's init does.
   */
  define(source: JobSource): void {
    const job = toJob(source);
    refuseVendor(job);
    this.#core.define(job);
  }

  /** Forgets a job, once its running instances are gone. */
  undefine(name: string): void {
    this.#core.undefine(name);
  }

  jobs(): readonly JobDefinition[] {
    return this.#core.jobs();
  }

  /**
   * Emits an event; resolves when every job that it started or stopped has let go of it (a task
   * when it is done, a service when it runs). `failed`: one of them failed. Aborting the signal
   * ends the waiting, never the jobs.
   */
  async emit(name: string, options?: CallOptions): Promise<{ readonly failed: boolean }> {
    const { variables, signal } = givenOptions(options);
    return this.#core.emit(filledName(name, 'the name of the event'), variables, { signal });
  }

  /**
   * Starts a job. Rejects where it cannot be started at all: `job-unknown`, `job-unchanged`,
   * `variable-missing`, `cancelled`. Aborting the signal ends the run, at whatever point it is.
   */
  async start(name: string, options?: CallOptions): Promise<Run> {
    const { variables, signal } = givenOptions(options);
    throwIfCancelled(signal, `starting ${name}`);
    const handle = await this.#core.start(name, variables);
    return createRun({ handle, signal });
  }

  /** Sets a job's goal to stop; resolves when it has stopped. */
  async stop(name: string, options?: CallOptions): Promise<void> {
    const { variables, signal } = givenOptions(options);
    await this.#core.stop(name, variables, { signal });
  }

  /**
   * Stops a running instance and starts it again; resolves when it is there (a service runs, a task
   * is done). `failed`: it came to nothing. Rejects with `job-unknown` or `job-unchanged`.
   */
  async restart(name: string, options?: CallOptions): Promise<{ readonly failed: boolean }> {
    const { variables, signal } = givenOptions(options);
    const { failed } = await this.#core.restart(name, variables, { signal });
    return { failed };
  }

  /**
   * Sends the reload signal of a running instance, HUP unless the job says another, to its main
   * process. Throws `job-unknown` or `job-unchanged`.
   */
  reload(name: string, options?: Pick<CallOptions, 'variables'>): void {
    this.#core.reload(name, givenOptions(options).variables);
  }

  /** Every instance, and every job that has none. */
  status(name?: string): readonly InstanceStatus[] {
    return this.#core.status(name);
  }

  /** The events that are not finished, and who holds them. */
  waiting(): readonly HeldEvent[] {
    return this.#core.waiting();
  }

  /**
   * Calls `listener` with what happens from now on, in order. Where it throws or rejects, that
   * becomes a `fault`, and nobody else notices.
   */
  on<Type extends AnnouncementType>(type: Type, listener: Listener<Type>): Subscription {
    const off = this.#core.on(knownType(type), calledListener(listener));
    return Object.assign(off, { [Symbol.dispose]: off });
  }

  /**
   * What happens from now on, in order, for `for await`: of all types or some, each with its type;
   * or of one type, as it is.
   */
  announcements(options?: FeedOptions): AnnouncementFeed<Announcement>;
  announcements<Type extends AnnouncementType>(
    type: Type,
    options?: FeedOptions,
  ): AnnouncementFeed<Announcements[Type]>;
  announcements<Type extends AnnouncementType>(
    types: readonly Type[],
    options?: FeedOptions,
  ): AnnouncementFeed<Announcement<Type>>;
  announcements(
    what: AnnouncementType | readonly AnnouncementType[] | FeedOptions = {},
    options: FeedOptions = {},
  ): AnnouncementFeed<unknown> {
    if (typeof what === 'string') return this.#feed([what], options, (_type, told) => told);
    const tagged = (type: AnnouncementType, told: unknown) => ({ type, told });
    return isTypes(what)
      ? this.#feed(what, options, tagged)
      : this.#feed(ANNOUNCEMENT_TYPES, what, tagged);
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    return this.#core.idle();
  }

  /** Stops every job and waits for its teardown; nothing starts any more. */
  async close(): Promise<void> {
    try {
      await this.#core.close();
      await this.#ports[Symbol.asyncDispose]();
    } finally {
      this.#over = true;
      for (const end of this.#ends) end();
    }
  }

  /** Stops every job and does not wait for `kill timeout`: what runs is killed at once. */
  kill(): void {
    this.#core.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #feed(
    types: readonly AnnouncementType[],
    options: FeedOptions,
    shown: (type: AnnouncementType, told: unknown) => unknown,
  ): AnnouncementFeed<unknown> {
    return createFeed<unknown>(options, ({ push, end }) => {
      const listening = Array.from(new Set(types), (type) =>
        this.#core.on(knownType(type), (told) => push(shown(type, told))),
      );
      this.#ends.add(end);
      // Not in this call: what follows is still to be known to the feed.
      if (this.#over) queueMicrotask(end);
      return () => {
        for (const off of listening) off();
        this.#ends.delete(end);
      };
    });
  }
}

function isTypes(what: object): what is readonly AnnouncementType[] {
  return Array.isArray(what);
}

/** It is called from deep inside a stream, where an error would end the whole process. */
function unbreakable(pace: Pace): Pace {
  return () => {
    try {
      return pace();
    } catch {
      return undefined;
    }
  };
}

function tableOf(variables: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.entries(variables).filter((entry) => entry[1] !== undefined);
  return new Map(set as [string, string][]);
}
