import { throwIfCancelled } from '../engine/abortable.ts';
import type { AnnouncementType, Listener } from '../engine/announcements.ts';
import { createEngineCore, type Engine as EngineCore, type HeldEvent } from '../engine/engine.ts';
import type { InstanceStatus } from '../engine/job-state.ts';
import type { Environment, Variable } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { CreateMainProcess } from '../ports/main-process.ts';
import type { Pace } from '../ports/pace.ts';
import { createHostProcess } from '../process/host-process.ts';
import { createProcessRunner } from '../process/process-runner.ts';
import { systemClock } from '../process/system-clock.ts';
import { createHostDomains } from './host-domains.ts';
import { createRun, type Run } from './run.ts';

export type { Announcements } from '../engine/announcements.ts';
export type { RunResult } from '../engine/run-record.ts';

export interface EngineOptions {
  readonly jobs?: readonly JobDefinition[];
  /** Kernels and base images. Default: DOMSTART_CACHE, or domstart in the user's cache folder. */
  readonly cache?: string;
  /** What lives as long as a run. Default: DOMSTART_RUN, or domstart in the user's runtime folder. */
  readonly runs?: string;
  /** Where processes of jobs get PATH, TERM and bare `env NAME` from. Default: process.env. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Asked after every piece of output: where it gives a promise, the programs and domains of all
   * runs are made to wait until it settles. A stop or a kill works meanwhile. Default: no waiting.
   */
  readonly pace?: Pace;
}

export interface CallOptions {
  /** By name; or as a list where the order counts, as it does for operands without a name. */
  readonly variables?: Readonly<Record<string, string>> | readonly Variable[];
  readonly signal?: AbortSignal;
}

/** Starts an engine in this process. It has no files and knows of no other engine. */
export function createEngine(options: EngineOptions = {}): Engine {
  const clock = systemClock;
  const engine = new Engine(options, clock);
  for (const job of options.jobs ?? []) engine.define(job);
  return engine;
}

/** Events in, runs out. Close it when done (`await using`): that ends every run. */
export class Engine implements AsyncDisposable {
  readonly #core: EngineCore;
  readonly #domains: AsyncDisposable;

  constructor(options: EngineOptions, clock: Clock) {
    const outer = tableOf(options.environment ?? process.env);
    const domains = createHostDomains({ ...options, clock });
    this.#domains = domains;
    const createMainProcess: CreateMainProcess = (context) =>
      context.job.domain === undefined ? createHostProcess(context) : domains.create(context);
    this.#core = createEngineCore({
      createMainProcess,
      runProcess: createProcessRunner(),
      clock,
      environment: new Map([...outer].filter(([name]) => name === 'PATH' || name === 'TERM')),
      outerEnvironment: outer,
      pace: options.pace,
    });
  }

  /**
   * Adds a job, or replaces it once its running instances are gone. Throws a DomstartError
   * `not-supported` where the job wants what only one vendor's init does.
   */
  define(job: JobDefinition): void {
    refuseVendor(job);
    this.#core.define(job);
  }

  jobs(): readonly JobDefinition[] {
    return this.#core.jobs();
  }

  /**
   * Emits an event; resolves when every job that it started or stopped has let go of it (a task
   * when it is done, a service when it runs). `failed`: one of them failed. Aborting the signal
   * ends the waiting, never the jobs.
   */
  emit(name: string, options: CallOptions = {}): Promise<{ readonly failed: boolean }> {
    return this.#core.emit(name, listOf(options.variables), { signal: options.signal });
  }

  /**
   * Starts a job. Rejects where it cannot be started at all: `job-unknown`, `job-unchanged`,
   * `variable-missing`, `cancelled`. Aborting the signal ends the run, at whatever point it is.
   */
  async start(name: string, options: CallOptions = {}): Promise<Run> {
    const { signal } = options;
    throwIfCancelled(signal, `starting ${name}`);
    const handle = await this.#core.start(name, listOf(options.variables));
    return createRun({ handle, signal });
  }

  /** Sets a job's goal to stop; resolves when it has stopped. */
  async stop(name: string, options: CallOptions = {}): Promise<void> {
    await this.#core.stop(name, listOf(options.variables), { signal: options.signal });
  }

  status(name?: string): readonly InstanceStatus[] {
    return this.#core.status(name);
  }

  /** The events that are not finished, and who holds them. */
  waiting(): readonly HeldEvent[] {
    return this.#core.waiting();
  }

  /** Calls `listener` with what happens from now on, in order; the result ends that. */
  on<Type extends AnnouncementType>(type: Type, listener: Listener<Type>): () => void {
    return this.#core.on(type, listener);
  }

  /** Resolves when nothing is left to do. */
  idle(): Promise<void> {
    return this.#core.idle();
  }

  /** Stops every job and waits for its teardown; nothing starts any more. */
  async close(): Promise<void> {
    await this.#core.close();
    await this.#domains[Symbol.asyncDispose]();
  }

  /** Stops every job and does not wait for `kill timeout`: what runs is killed at once. */
  kill(): void {
    this.#core.kill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** `import` changes nothing here, where every variable of an event reaches the job. */
function refuseVendor({ name, tmpfiles = [] }: JobDefinition): void {
  if (tmpfiles.length === 0) return;
  throw new DomstartError('not-supported', `job ${name}: \`tmpfiles\` is not built`, {
    hint: 'run `systemd-tmpfiles --create FILE` in a `pre-start` of the job',
  });
}

function listOf(variables: CallOptions['variables'] = []): readonly Variable[] {
  if (isList(variables)) return variables;
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function isList(variables: object): variables is readonly Variable[] {
  return Array.isArray(variables);
}

function tableOf(variables: Readonly<Record<string, string | undefined>>): Environment {
  const set = Object.entries(variables).filter((entry) => entry[1] !== undefined);
  return new Map(set as [string, string][]);
}
