/** What each verb does: requests in, items out, by way of the engine. */
import { createFeed } from '../../embed/announcement-feed.ts';
import { plainAnnouncement } from '../../embed/plain-announcement.ts';
import { throwIfCancelled } from '../../engine/abortable.ts';
import { ANNOUNCEMENT_TYPES, type AnnouncementType } from '../../engine/announcements.ts';
import type { Answer } from '../../engine/commands.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Blocker } from '../../engine/event-queue.ts';
import { formatInstance, type InstanceStatus } from '../../engine/job-state.ts';
import { parseVariable, type Variable } from '../../model/environment.ts';
import { DomstartError } from '../../model/errors.ts';
import { formatEvent } from '../../model/event.ts';
import type { JobDefinition } from '../../model/job.ts';
import { isLogPriority, type LogPriority } from '../log-priority.ts';
import type { JobLogs } from '../logs/job-logs.ts';
import { oldChange, oldEmit } from './old-style.ts';
import type { Item, Request } from './protocol.ts';

/** The parts of a daemon that its clients reach. */
export interface Served {
  readonly engine: Engine;
  readonly logs: JobLogs;
  /** For `version`: as the real initctl says it. */
  readonly version: string;
  /** Every job is of Upstart 0.3, and so are the answers. */
  readonly oldStyle: boolean;
  readonly priority: { get(): LogPriority; set(priority: LogPriority): void };
  reload(): Promise<void>;
  /** Aborted when nothing will happen any more. */
  readonly over: AbortSignal;
}

export function createAnswers(served: Served) {
  return (request: Request, signal: AbortSignal): AsyncIterable<Item> =>
    answer(served, request, signal);
}

async function* answer(
  served: Served,
  request: Request,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { engine } = served;
  switch (request.verb) {
    case 'version':
      yield text(served.version);
      return;
    case 'start':
    case 'stop':
    case 'restart':
      yield* change(served, request, signal);
      return;
    case 'reload':
      if (request.instance === undefined) engine.reload(request.job, variablesOf(request.env));
      else engine.within({ job: request.job, instance: request.instance }).reload();
      return;
    case 'status':
      yield* statusOf(served, request);
      return;
    case 'list':
      for (const status of engine.status()) yield item(served, status);
      return;
    case 'usage': {
      const { usage } = jobOf(engine, request.job);
      if (usage !== undefined) yield text(usage);
      return;
    }
    case 'emit':
      yield* emit(served, request, signal);
      return;
    case 'reload-configuration':
      await served.reload();
      return;
    case 'show-config':
      yield* configs(engine, request.job);
      return;
    case 'log-priority':
      if (request.priority === undefined) yield text(served.priority.get());
      else if (isLogPriority(request.priority)) served.priority.set(request.priority);
      else throw new DomstartError('job-invalid', 'The log priority given was not recognised');
      return;
    case 'get-env':
      yield text(engine.environment.get(request.name, request));
      return;
    case 'set-env':
      engine.environment.set(request.variable, request);
      return;
    case 'unset-env':
      engine.environment.unset(request.name, request);
      return;
    case 'list-env':
      for (const line of engine.environment.list(request)) yield text(line);
      return;
    case 'reset-env':
      engine.environment.reset(request);
      return;
    case 'events':
      yield* events(served, request, signal);
      return;
    case 'console':
      yield* output(served, request, signal);
      return;
    case 'waiting':
      for (const { event, heldBy } of engine.waiting()) {
        yield { kind: 'held', event: formatEvent(event), heldBy: heldBy.map(nameOfHolder) };
      }
      return;
  }
}

type Change = Extract<Request, { verb: 'start' | 'stop' | 'restart' }>;

const FAILURES = {
  start: 'Job failed to start',
  stop: 'Job failed while stopping',
  restart: 'Job failed to restart',
} as const;

async function* change(served: Served, request: Change, signal: AbortSignal): AsyncGenerator<Item> {
  const { engine, oldStyle } = served;
  const { verb, job, instance, env, wait, more = [] } = request;
  if (instance !== undefined) {
    const within = engine.within({ job, instance });
    within[verb]();
    yield item(served, within.status());
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
    yield item(served, answered.now);
    return;
  }
  const { failed, status } = await answered.answer;
  if (failed) throw new DomstartError('job-unchanged', FAILURES[verb]);
  // Of an instance that is gone by now only its job is left to be told of.
  yield item(served, status.state === 'waiting' ? { ...status, instance: '' } : status);
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

function* statusOf(
  served: Served,
  request: Extract<Request, { verb: 'reload' | 'status' }>,
): Generator<Item> {
  const { engine, oldStyle } = served;
  const { job, instance, env } = request;
  if (instance !== undefined) {
    yield item(served, engine.within({ job, instance }).status());
  } else if (oldStyle) {
    for (const status of engine.status(job)) yield item(served, status);
  } else {
    yield item(served, statusOrRest(engine, job, variablesOf(env)));
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

async function* emit(
  served: Served,
  request: Extract<Request, { verb: 'emit' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { engine, oldStyle } = served;
  const { event, env, from, wait } = request;
  const variables = variablesOf(env);
  const { arguments: given = [] } = request;
  const old =
    oldStyle || given.length > 0 ? { arguments: given, environment: variables } : undefined;
  throwIfCancelled(signal, `emitting ${event}`);
  if (oldStyle) {
    yield* oldEmit(engine, { event, arguments: given, env, variables, wait }, signal);
    return;
  }
  const { finished } = engine.queue(event, variables, { old, from });
  if (!wait) return;
  const { failed } = await finished;
  if (failed) throw new DomstartError('job-unchanged', 'Event failed');
}

function* configs(engine: Engine, name: string | undefined): Generator<Item> {
  const jobs = name === undefined ? engine.jobs() : [jobOf(engine, name)];
  for (const { name: job, emits, startOn, stopOn } of jobs) {
    yield {
      kind: 'config',
      job,
      emits,
      ...(startOn === undefined ? {} : { startOn }),
      ...(stopOn === undefined ? {} : { stopOn }),
    };
  }
}

async function* events(
  { engine, over }: Served,
  { follow, types }: Extract<Request, { verb: 'events' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  if (!follow || over.aborted) return;
  const unknown = types?.find((type) => !ANNOUNCEMENT_TYPES.includes(type as AnnouncementType));
  if (unknown !== undefined) {
    throw new DomstartError('job-invalid', `there is no type of event "${unknown}"`, {
      hint: `types are: ${ANNOUNCEMENT_TYPES.join(', ')}`,
    });
  }
  const feed = createFeed<Extract<Item, { kind: 'announcement' }>>({ signal }, ({ push, end }) => {
    over.addEventListener('abort', end);
    const listening = ((types as AnnouncementType[]) ?? ANNOUNCEMENT_TYPES).map((type) =>
      engine.on(type, (told) =>
        push({ kind: 'announcement', type, time: Date.now(), told: plainAnnouncement(told) }),
      ),
    );
    return () => {
      over.removeEventListener('abort', end);
      for (const off of listening) off();
    };
  });
  let lost = 0;
  for await (const announcement of feed) {
    if (feed.lost > lost) {
      const text = `${feed.lost - lost} announcements lost: they came faster than they were read`;
      yield { kind: 'announcement', type: 'notice', time: Date.now(), told: { text } };
      lost = feed.lost;
    }
    yield announcement;
  }
}

async function* output(
  { engine, logs }: Served,
  { job, instance, follow }: Extract<Request, { verb: 'console' }>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  jobOf(engine, job);
  for await (const bytes of logs.read(job, instance, { follow, signal })) {
    yield { kind: 'output', bytes: Buffer.from(bytes).toString('base64') };
  }
}

function text(value: string): Item {
  return { kind: 'text', text: value };
}

function item({ engine }: Served, status: InstanceStatus): Item {
  const { dialect = 'init', instanceEach } = engine.job(status.job) ?? {};
  return { kind: 'status', status, dialect, ...(instanceEach && { instanceEach }) };
}

function jobOf(engine: Engine, name: string): JobDefinition {
  const job = engine.job(name);
  if (job === undefined) throw new DomstartError('job-unknown', `Unknown job: ${name}`);
  return job;
}

function variablesOf(env: readonly string[]): readonly Variable[] {
  return env.map((variable) => {
    const parsed = parseVariable(variable);
    if (parsed !== undefined) return parsed;
    throw new DomstartError('job-invalid', 'Env must be KEY=VALUE pairs');
  });
}

function nameOfHolder(held: Blocker): string {
  const which = formatInstance(held.job, held.instance ?? '');
  return held.kind === 'match' ? `the ${held.stanza} of ${which}, which is half true` : which;
}
