import { throwIfCancelled } from '../../engine/abortable.ts';
import type { Answer } from '../../engine/commands.ts';
import type { Engine } from '../../engine/engine.ts';
import type { InstanceStatus } from '../../engine/job-state.ts';
import type { Variable } from '../../model/environment.ts';
import { DomstartError } from '../../model/errors.ts';
import { oldChange } from './old-style.ts';
import type { Item, Request } from './protocol.ts';
import { type Served, statusItem, variablesOf } from './served.ts';

type Change = Extract<Request, { verb: 'start' | 'stop' | 'restart' }>;

const FAILURES = {
  start: 'Job failed to start',
  stop: 'Job failed while stopping',
  restart: 'Job failed to restart',
} as const;

/** start, stop and restart: answered when the instance is there, or at once. */
export async function* changeJob(
  served: Served,
  request: Change,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { engine, oldStyle } = served;
  const { verb, job, instance, env, wait, more = [] } = request;
  if (instance !== undefined) {
    const within = engine.within({ job, instance });
    within[verb]();
    yield statusItem(served, within.status());
    return;
  }
  const variables = variablesOf(env);
  if (oldStyle && verb !== 'restart') {
    yield* oldChange(engine, { verb, jobs: [job, ...more], wait }, signal);
    return;
  }
  if (more.length > 0) {
    throw new DomstartError('job-invalid', 'Env must be KEY=VALUE pairs', {
      hint: 'one job at a time, except where all jobs are of Upstart 0.3',
    });
  }
  const answered = await begin(engine, { verb, job, variables, signal });
  if (!wait) {
    yield statusItem(served, answered.now);
    return;
  }
  const { failed, status } = await answered.answer;
  if (failed) throw new DomstartError('job-failed', FAILURES[verb]);
  // Of an instance that is gone by now only its job is left to be told of.
  yield statusItem(served, status.state === 'waiting' ? { ...status, instance: '' } : status);
}

interface Begun {
  readonly answer: Promise<Answer>;
  /** Where it stands at once. */
  readonly now: InstanceStatus;
}

async function begin(
  engine: Engine,
  of: {
    readonly verb: Change['verb'];
    readonly job: string;
    readonly variables: readonly Variable[];
    readonly signal: AbortSignal;
  },
): Promise<Begun> {
  const { verb, job, variables, signal } = of;
  throwIfCancelled(signal, `${verb} ${job}`);
  if (verb === 'start') {
    const { answer, status } = await engine.start(job, variables, { signal });
    return { answer, now: status() };
  }
  const answer = engine[verb](job, variables, { signal });
  let refused: unknown;
  answer.catch((error: unknown) => {
    refused = error;
  });
  // What follows at once is told as well.
  await engine.settled();
  if (refused !== undefined) throw refused;
  return { answer, now: statusOrGone(engine, job, variables) };
}

export function* statusOf(
  served: Served,
  request: Extract<Request, { verb: 'reload' | 'status' }>,
): Generator<Item> {
  const { engine, oldStyle } = served;
  const { job, instance, env } = request;
  if (instance !== undefined) {
    yield statusItem(served, engine.within({ job, instance }).status());
  } else if (oldStyle) {
    for (const status of engine.status(job)) yield statusItem(served, status);
  } else {
    yield statusItem(served, statusOrRest(engine, job, variablesOf(env)));
  }
}

/** A job that has no instance of that name, and needs none, rests. */
function statusOrRest(engine: Engine, job: string, variables: readonly Variable[]): InstanceStatus {
  try {
    return engine.find(job, variables);
  } catch (error) {
    const isUnknown = error instanceof DomstartError && error.message === 'Unknown instance: ';
    if (!isUnknown) throw error;
    return restOf(job);
  }
}

/** Of an instance that was there a moment ago. */
function statusOrGone(engine: Engine, job: string, variables: readonly Variable[]): InstanceStatus {
  try {
    return engine.find(job, variables);
  } catch {
    return restOf(job);
  }
}

function restOf(job: string): InstanceStatus {
  return { job, instance: '', goal: 'stop', state: 'waiting', processes: [] };
}
