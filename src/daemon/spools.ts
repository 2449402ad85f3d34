import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { statusOfRun } from '../embed/exit-status.ts';
import type { HostPorts } from '../embed/host-ports.ts';
import type { Engine } from '../engine/engine.ts';
import type { RunResult } from '../engine/run-record.ts';
import type { Environment } from '../model/environment.ts';
import { DomstartError, toDomstartError } from '../model/errors.ts';
import { DEFAULT_ATTEMPTS, type JobDefinition, type SpoolSpec } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { SpoolJournal } from '../ports/spool-journal.ts';
import type { RunPlace, SpoolOutcome } from '../spool/run.ts';
import {
  createSpool,
  type Spool,
  type SpoolRequest,
  type SpoolRunner,
  type SpoolTold,
} from '../spool/spool.ts';
import type { JobLogs } from './logs/job-logs.ts';

type Adoptions = HostPorts['adoptions'];
type LeftRecord = ReturnType<Adoptions['list']>[number]['record'];

/** The spools of the jobs that are loaded. */
export interface Spools extends AsyncDisposable {
  /** To be called whenever a job came, changed or went. */
  setJobs(jobs: readonly JobDefinition[]): void;
  list(): readonly Spool[];
  /** Claims nothing any more, and what fails from now on was cut off. */
  pause(): void;
}

export interface SpoolsOptions {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly journal: SpoolJournal;
  readonly places: SpoolPlaces;
  readonly logs: Pick<JobLogs, 'release'>;
  readonly adoptions: Adoptions;
  /** Domstart's own. */
  readonly version: string;
  readonly problem: (error: DomstartError) => void;
  readonly onTold?: ((told: SpoolTold) => void) | undefined;
}

/** Where instances that came out of a spool keep what they print and hand back. */
export interface SpoolPlaces {
  /** Of the instance that is being made. */
  making: RunPlace | undefined;
  readonly byRun: Map<string, RunPlace>;
}

export function createSpoolPlaces(): SpoolPlaces {
  return { making: undefined, byRun: new Map() };
}

/** Where a run hands back what it does; undefined where it came out of no spool. */
export function outputOf(places: SpoolPlaces, environment: Environment): string | undefined {
  return places.byRun.get(environment.get('RUN') ?? '')?.output;
}

export function createSpools(options: SpoolsOptions): Spools {
  const { engine, clock, journal, problem, version } = options;
  const spools = new Map<string, { readonly key: string; readonly spool: Spool }>();
  const closing = new Set<Promise<void>>();
  const stops = watchStops(engine);
  let stopping = false;

  function open(job: JobDefinition, spec: SpoolSpec & { readonly folder: string }): Spool {
    return createSpool({
      ...{ clock, journal, job: job.name, folder: spec.folder },
      limit: spec.limit ?? availableParallelism(),
      attempts: spec.attempts ?? DEFAULT_ATTEMPTS,
      runner: createRunner(job.name),
      versions: { domstart: version, node: process.versions.node },
      ...{ onProblem: problem, onTold: options.onTold },
    });
  }

  function createRunner(job: string): SpoolRunner {
    const handles = new Map<string, { stop(): void }>();
    return {
      async run(request) {
        if (stopping) return { outcome: 'interrupted' };
        try {
          const handle = await start(request);
          handles.set(request.run, handle);
          const ownEnd = stops.watch(job, handle.instance);
          const result = await handle.result;
          await options.logs.release(job, handle.instance);
          const byItself = ownEnd();
          if (stopping && !byItself) return { outcome: 'interrupted' };
          // To be stopped is to end well for Upstart, and is no result.
          if (!byItself && result.result === 'ok') return stoppedOutcome(result);
          return result.error?.code === 'domain-lost'
            ? { outcome: 'cut off', reason: result.error.message }
            : outcomeOf(result);
        } catch (thrown) {
          const error = toDomstartError(thrown);
          // The job has just gone, and its spool goes.
          if (stopping || error.code === 'job-unknown') return { outcome: 'interrupted' };
          return { outcome: 'failed', reason: error.message, error, endedAt: Date.now() };
        } finally {
          handles.delete(request.run);
          options.places.byRun.delete(request.run);
        }
      },
      goesOn: (run) => options.adoptions.list().some((left) => runOf(left.record) === run),
      stop: (run) => handles.get(run)?.stop(),
    };
  }

  function start({ job, run, spool, place }: SpoolRequest) {
    const { places } = options;
    const variables = {
      FILE: place.file,
      NAME: nameIn(place),
      RUN: run,
      SPOOL: spool,
      OUTPUT: place.output,
    };
    places.byRun.set(run, place);
    places.making = place;
    try {
      return engine.start(
        job,
        Object.entries(variables).map(([name, value]) => ({ name, value })),
      );
    } finally {
      places.making = undefined;
    }
  }

  function close(path: string): void {
    const closed = spools
      .get(path)
      ?.spool.close()
      .finally(() => closing.delete(closed as Promise<void>));
    spools.delete(path);
    if (closed !== undefined) closing.add(closed);
  }

  return {
    setJobs(jobs) {
      const wanted = new Map<
        string,
        { job: JobDefinition; key: string; spec: SpoolSpec & { folder: string } }
      >();
      for (const job of jobs) {
        const { spool } = job;
        if (spool?.folder === undefined) continue;
        const folder = resolve(job.file === undefined ? '.' : dirname(job.file), spool.folder);
        const other = wanted.get(folder);
        if (other !== undefined) {
          problem(sharedSpool(folder, other.job.name, job.name));
          continue;
        }
        const spec = { ...spool, folder };
        wanted.set(folder, { job, key: JSON.stringify([job.name, spec]), spec });
      }
      for (const [path, { key }] of spools) if (wanted.get(path)?.key !== key) close(path);
      for (const [path, { job, key, spec }] of wanted) {
        if (!spools.has(path)) spools.set(path, { key, spool: open(job, spec) });
      }
    },
    list: () => Array.from(spools.values(), ({ spool }) => spool),
    pause() {
      stopping = true;
      for (const { spool } of spools.values()) spool.pause();
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      for (const path of [...spools.keys()]) close(path);
      while (closing.size > 0) await Promise.all(closing);
      stops[Symbol.dispose]();
    },
  };
}

/** Tells instances that ended by themselves from those that were stopped: what came first, goal or end. */
function watchStops(engine: Engine) {
  const watched = new Map<string, { ended: boolean; stopped: boolean }>();
  const of = (job: string, instance: string) => watched.get(`${job}\0${instance}`);
  const forget = [
    engine.on('goal', ({ job, instance, to }) => {
      const one = of(job, instance);
      if (one !== undefined && to === 'stop' && !one.ended) one.stopped = true;
    }),
    engine.on('process', ({ job, instance, process, kind }) => {
      const one = process === 'main' ? of(job, instance) : undefined;
      if (one === undefined) return;
      if (kind === 'exit' || kind === 'lost' || kind === 'spawn-failed') one.ended = true;
      else if (kind === 'spawn') one.ended = false;
    }),
  ];
  return {
    /** The result tells, when it is over, whether it ended by itself. */
    watch(job: string, instance: string): () => boolean {
      const one = { ended: false, stopped: false };
      watched.set(`${job}\0${instance}`, one);
      return () => {
        watched.delete(`${job}\0${instance}`);
        return !one.stopped;
      };
    },
    [Symbol.dispose]() {
      for (const off of forget) off();
    },
  };
}

/** Of a run that a daemon before has left. */
function runOf({ environment }: LeftRecord): string | undefined {
  const own = new Map(environment);
  return own.has('SPOOL') ? own.get('RUN') : undefined;
}

/** Whether a run that was left is gone on with by a spool. */
export function isSpooled(engine: Engine, record: LeftRecord): boolean {
  return runOf(record) !== undefined && engine.job(record.job)?.spool?.folder !== undefined;
}

function nameIn({ file }: RunPlace): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function outcomeOf(result: RunResult): SpoolOutcome {
  const { error, phases } = result;
  // Where it was handed back to is not where it is now.
  const { output: _, ...facts } = result.facts;
  const status = statusOfRun(result);
  const endedAt = Date.now();
  const common = {
    ...{ startedAt: Math.round(endedAt - (result.endedAt - result.startedAt)), endedAt },
    ...(phases.length > 0 && { phases }),
    ...(Object.keys(facts).length > 0 && { facts }),
    ...(status !== undefined && { status }),
  };
  if (result.result === 'ok') return { outcome: 'done', ...common };
  const reason = error?.message ?? reasonOf(result);
  return { outcome: 'failed', reason, ...common, ...(error !== undefined && { error }) };
}

function stoppedOutcome(result: RunResult): SpoolOutcome {
  return { ...outcomeOf(result), outcome: 'failed', reason: 'it was stopped' };
}

function reasonOf({ failedProcess = 'main', failedEnding }: RunResult): string {
  const process = failedProcess === 'main' ? 'it' : `its ${failedProcess}`;
  switch (failedEnding?.kind) {
    case 'exited':
      return `${process} ended with status ${failedEnding.status}`;
    case 'signalled':
      return `${process} was killed by ${failedEnding.signal}`;
    default:
      return 'it was stopped';
  }
}

function sharedSpool(folder: string, one: string, other: string): DomstartError {
  return new DomstartError(
    'job-invalid',
    `${folder} is the spool of ${one}: ${other} does not get it`,
    {
      hint: 'give each job a spool of its own',
    },
  );
}
