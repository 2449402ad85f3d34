/**
 * How the initctl of Upstart 0.3 answers: with every state that was gone through, until the job
 * rests (UPSTART.md, section 26.4). A state is told with the processes that run when the next one
 * begins, because entering it is what starts them.
 */
import { createFeed } from '../../embed/announcement-feed.ts';
import type { Announcements } from '../../engine/announcements.ts';
import type { Engine } from '../../engine/engine.ts';
import type { InstanceStatus } from '../../engine/job-state.ts';
import type { RunResult } from '../../engine/run-record.ts';
import type { Variable } from '../../model/environment.ts';
import { DomstartError, messageOf } from '../../model/errors.ts';
import { PROCESS_NAMES, type ProcessName } from '../../model/job.ts';
import type { Item } from './protocol.ts';

type Told = Announcements['goal'] | Announcements['state'];

interface Transitions {
  /** One after the other; ends when `until` says so of one that was given, or `end` is called. */
  readonly items: AsyncIterable<InstanceStatus>;
  end(): void;
}

function watchTransitions(
  engine: Engine,
  options: {
    readonly signal: AbortSignal;
    readonly concerns: (told: Told) => boolean;
    readonly until?: (status: InstanceStatus) => boolean;
  },
): Transitions {
  type Standing = Pick<InstanceStatus, 'goal' | 'state'>;
  const now = new Map<number, Standing>();
  const running = new Map<number, Map<ProcessName, number | undefined>>();
  let end = () => {};
  const items = createFeed<InstanceStatus>({ signal: options.signal }, (sink) => {
    let held: Told | undefined;
    let timer: NodeJS.Immediate | undefined;

    function flush(): void {
      if (timer !== undefined) clearImmediate(timer);
      timer = undefined;
      if (held === undefined) return;
      const status = statusOf(held);
      held = undefined;
      sink.push(status);
      if (options.until?.(status)) sink.end();
    }

    function statusOf({ job, instance, id = 0 }: Told): InstanceStatus {
      const pids = running.get(id);
      const processes = PROCESS_NAMES.filter((process) => pids?.has(process)).map((process) => {
        const pid = pids?.get(process);
        return pid === undefined ? { process } : { process, pid };
      });
      return { job, instance, ...(now.get(id) ?? RESTING), processes };
    }

    function change(told: Told, by: Partial<Standing>): void {
      flush();
      const { id = 0 } = told;
      now.set(id, { ...(now.get(id) ?? RESTING), ...by });
      if (!options.concerns(told)) return;
      held = told;
      timer = setImmediate(flush);
    }

    for (const { id, goal, state, processes } of engine.status()) {
      if (id === undefined) continue;
      now.set(id, { goal, state });
      running.set(id, new Map(processes.map(({ process, pid }) => [process, pid])));
    }
    end = () => {
      flush();
      sink.end();
    };
    const listening = [
      engine.on('goal', (told) => change(told, { goal: told.to })),
      engine.on('state', (told) => change(told, { state: told.to })),
      engine.on('process', (told) => {
        const { id = 0 } = told;
        const pids = running.get(id) ?? new Map<ProcessName, number | undefined>();
        running.set(id, pids);
        if (told.kind === 'spawn') {
          pids.set(told.process, told.pid);
        } else if (told.kind === 'exit' || told.kind === 'lost') {
          flush();
          pids.delete(told.process);
        }
      }),
    ];
    return () => {
      if (timer !== undefined) clearImmediate(timer);
      for (const off of listening) off();
    };
  });
  return { items, end: () => end() };
}

const RESTING = { goal: 'stop', state: 'waiting' } as const;

export interface OldChange {
  readonly verb: 'start' | 'stop';
  readonly jobs: readonly string[];
  readonly wait: boolean;
}

export async function* oldChange(
  engine: Engine,
  { verb, jobs, wait }: OldChange,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const waiting = new Set(jobs);
  const failures = new Map<string, string>();
  const off = engine.on('result', (told) => {
    const message = failureOf(told);
    if (waiting.has(told.job) && message !== undefined) failures.set(told.job, message);
  });
  const { items, end } = watchTransitions(engine, {
    signal,
    concerns: (told) => waiting.has(told.job),
    until(status) {
      if (rests(engine, status)) waiting.delete(status.job);
      return waiting.size === 0;
    },
  });
  try {
    // One that cannot be begun does not keep the others.
    const begun = await Promise.allSettled(jobs.map((job) => begin(engine, verb, job)));
    begun.forEach((one, at) => {
      if (one.status === 'fulfilled') return;
      waiting.delete(jobs[at] as string);
      failures.set(jobs[at] as string, messageOf(one.reason));
    });
    if (waiting.size === 0) end();
    if (!wait) end();
    for await (const status of items) yield { kind: 'transition', status };
    for (const message of failures.values()) yield { kind: 'failure', message };
  } finally {
    end();
    off();
  }
}

/** Nothing follows from the command any more. */
function rests(engine: Engine, { job, goal, state }: InstanceStatus): boolean {
  if (state === 'waiting') return goal === 'stop';
  return state === 'running' && goal === 'start' && engine.job(job)?.task !== true;
}

/** Begun at once, so that a second job is before anything follows from the first. */
async function begin(engine: Engine, verb: 'start' | 'stop', job: string): Promise<void> {
  try {
    if (verb === 'start') await engine.start(job);
    else engine.stopEach(job);
  } catch (error) {
    if (error instanceof DomstartError && error.code === 'job-unchanged') {
      throw new DomstartError('job-unchanged', `Job not changed: ${job}`, { hint: error.hint });
    }
    throw error;
  }
}

export interface OldEmit {
  readonly event: string;
  readonly arguments: readonly string[];
  readonly env: readonly string[];
  readonly variables: readonly Variable[];
  readonly wait: boolean;
}

export async function* oldEmit(
  engine: Engine,
  { event, arguments: given, env, variables, wait }: OldEmit,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  yield { kind: 'event', name: event, arguments: given, env };
  let serial = -1;
  const { items, end } = watchTransitions(engine, {
    signal,
    concerns: (told) => told.cause === serial,
  });
  try {
    const emission = engine.queue(event, variables, {
      old: { arguments: given, environment: variables },
    });
    serial = emission.serial;
    if (!wait) return;
    // What follows from its end in the same turn is still told.
    void emission.finished.then(() => setImmediate(end));
    for await (const status of items) yield { kind: 'transition', status };
    if (signal.aborted) return;
    if ((await emission.finished).failed) {
      throw new DomstartError('event-failed', `${event} event failed`);
    }
  } finally {
    end();
  }
}

/** `j main process terminated with status 5`. */
function failureOf({ job, failedProcess, failedEnding }: RunResult): string | undefined {
  if (failedProcess === undefined) return undefined;
  switch (failedEnding?.kind) {
    case 'exited':
      return `${job} ${failedProcess} process terminated with status ${failedEnding.status}`;
    case 'signalled':
      return `${job} ${failedProcess} process killed by ${failedEnding.signal} signal`;
    case undefined:
      return failedProcess === 'respawn' ? `${job} respawning too fast` : `${job} failed`;
  }
}
