import type { RunFiles } from '../daemon/watch-run.ts';
import type { Announcement } from '../embed/announcement-feed.ts';
import {
  ANNOUNCEMENT_TYPES,
  createSessionEngine,
  type Engine,
  type RunResult,
} from '../embed/engine.ts';
import { statusOfRun } from '../embed/exit-status.ts';
import { JobFileError, loadJobs, renderErrors } from '../embed/load-jobs.ts';
import { type Condition, matches } from '../model/condition.ts';
import { DomstartError } from '../model/errors.ts';
import { createEvent, formatEvent } from '../model/event.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import { keptOnFailure } from '../model/kept.ts';
import { neutralise } from '../model/terminal.ts';
import type { Emit } from './emits.ts';
import { EXIT } from './exit-codes.ts';
import { fail, outputPace, say } from './output.ts';
import type { RunSession } from './run-session.ts';
import { createJsonView, createTextView, nameOf, outcome } from './run-view.ts';
import { stopOnSignals } from './stop-on-signals.ts';

export interface RunOptions {
  readonly emits: readonly Emit[];
  readonly json?: true;
  readonly quiet?: true;
  readonly log?: string;
  readonly output?: string;
  readonly dialect?: Dialect;
  /** Seconds. */
  readonly keepOnFailure?: number;
}

/**
 * `domstart run JOB`: the engine without the daemon, until nothing is left to do. Without `emits`
 * that is never as long as a job waits for files.
 */
export async function run(path: string, options: RunOptions): Promise<number> {
  let jobs: readonly JobDefinition[];
  try {
    jobs = await loadJobs(path, {
      ...options,
      onBrokenOverride: (override) => say(renderErrors(override)),
    });
    if (options.keepOnFailure !== undefined) jobs = keptOnFailure(jobs, options.keepOnFailure);
  } catch (error) {
    if (error instanceof JobFileError) say(error.render());
    return fail(error);
  }
  const emits = options.emits.length > 0 ? options.emits : [{ name: 'startup', variables: [] }];

  await using session = await sessionFor(jobs);
  await using later = sessionOfDomains();
  await using engine = createSessionEngine(
    {
      ...{ jobs, pace: outputPace },
      ...(options.output === undefined ? {} : { outputs: options.output }),
    },
    session,
  );
  const interrupt = stopOnSignals(engine);
  using _log = options.log === undefined ? undefined : await logTo(options.log, engine);
  const watch = watchRuns(engine, { ...options, named: jobs.length > 1 });
  try {
    if (session === undefined) later.watch(engine);
    await session?.serve(engine);
    await using files = await filesFor(jobs, { engine, emits });
    for (const { name, variables } of emits) {
      if (interrupt.status !== undefined) break;
      // The next event comes when nobody holds this one any more, or when nothing else can let go
      // of it than the next: a half-true `and`.
      await Promise.race([engine.emit(name, { variables }), engine.idle()]);
    }
    await engine.idle();
    const waiting = options.emits.length === 0 ? (files?.waiting ?? []) : [];
    if (waiting.length > 0 && interrupt.status === undefined) {
      watch.waits(waiting);
      await interrupt.came;
    }
    if (interrupt.status !== undefined) await engine.close();
  } finally {
    interrupt.forget();
  }
  return interrupt.status ?? watch.status({ jobs, emits });
}

/** Who runs nothing but domains has nobody who asks before one of them is up. */
async function sessionFor(jobs: readonly JobDefinition[]): Promise<RunSession | undefined> {
  if (jobs.every(({ processes }) => Object.keys(processes).length === 0)) return undefined;
  const { openSession } = await import('./run-session.ts');
  return openSession();
}

/** Opened when the first domain boots: nothing waits for it then. */
function sessionOfDomains() {
  let opening: Promise<RunSession> | undefined;
  async function open(engine: Engine): Promise<RunSession> {
    const { openSession } = await import('./run-session.ts');
    const session = await openSession();
    await session.serve(engine);
    return session;
  }
  return {
    watch(engine: Engine): void {
      const off = engine.on('progress', ({ progress: { kind, phase } }) => {
        if (kind !== 'begin' || (phase !== 'boot' && phase !== 'guest')) return;
        off();
        opening = open(engine);
        // It is told where it is waited for, at the end.
        opening.catch(() => undefined);
      });
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

/** Who emits a `file` event by hand stands for the files. */
async function filesFor(
  jobs: readonly JobDefinition[],
  { engine, emits }: { readonly engine: Engine; readonly emits: readonly Emit[] },
): Promise<RunFiles | undefined> {
  const hears = ({ startOn, stopOn }: JobDefinition) =>
    [startOn, stopOn].some((on) => on !== undefined && names(on, 'file'));
  if (!jobs.some(hears) || emits.some(({ name }) => name === 'file')) return undefined;
  const { watchRun } = await import('../daemon/watch-run.ts');
  return watchRun(engine);
}

function names(condition: Condition, event: string): boolean {
  return [...matches(condition)].some((match) => match.event === event);
}

/** The logger is loaded where it is asked for: it would cost every run 10 ms. */
async function logTo(file: string, engine: Engine): Promise<Disposable> {
  const { openLogFile } = await import('../embed/log-file.ts');
  const log = openLogFile(file);
  for (const type of ANNOUNCEMENT_TYPES) {
    engine.on(type, (told) => log.write({ type, told } as Announcement));
  }
  return log;
}

function watchRuns(engine: Engine, options: RunOptions & { readonly named: boolean }) {
  const view = options.json ? createJsonView() : createTextView(options);
  let ran = false;
  let bad: RunResult | undefined;
  let problem: number | undefined;
  const report = (error: DomstartError) => {
    const status = fail(error);
    problem ??= status;
  };
  engine.on('event', (told) => view.event(told));
  engine.on('notice', ({ text }) => say(`domstart: ${neutralise(text)}`));
  engine.on('output', (told) => view.output(told));
  engine.on('progress', (told) => view.progress(told));
  engine.on('result', (result) => {
    ran = true;
    if ((statusOfRun(result) ?? 0) !== 0 || result.result === 'failed') bad ??= result;
    view.result(result);
    if (result.error !== undefined) report(result.error);
    // A failed main process speaks for itself, by its status and what it printed.
    else if (result.result === 'failed' && result.failedProcess !== 'main') {
      say(`domstart: ${nameOf(result)}: ${outcome(result)}`);
    }
  });
  engine.on('instance', (told) => {
    if (told.kind === 'failed') report(told.error);
  });
  engine.on('fault', ({ error }) => report(error));

  return {
    waits: view.waits,
    /** The exit status, once nothing is left to do. */
    status({ jobs, emits }: { jobs: readonly JobDefinition[]; emits: readonly Emit[] }): number {
      if (problem !== undefined) return problem;
      const waiting = engine.waiting();
      for (const held of waiting) say(`domstart: ${stillHeld(held)}`);
      if (!ran) return waiting.length > 0 ? EXIT.failed : fail(nothingStarted(jobs, emits));
      return bad === undefined ? EXIT.ok : statusOfRun(bad) || EXIT.failed;
    },
  };
}

type HeldEvent = ReturnType<Engine['waiting']>[number];

/** Why an event is not finished although nothing moves any more. */
function stillHeld({ event, heldBy }: HeldEvent): string {
  const holders = heldBy.map((held) =>
    held.kind === 'match' ? `the \`${held.stanza}\` of ${held.job}, which is half true` : held.job,
  );
  return `${formatEvent(event)} is not finished: it is held by ${holders.join(', ')}`;
}

function nothingStarted(jobs: readonly JobDefinition[], emits: readonly Emit[]): DomstartError {
  const known = jobs.flatMap(({ startOn }) =>
    startOn === undefined ? [] : [...matches(startOn)].map((m) => m.event),
  );
  const spooled = jobs.some(({ spool, startOn }) => spool !== undefined && startOn === undefined);
  const given = emits.map(({ name, variables }) => formatEvent(createEvent(name, variables)));
  return new DomstartError('job-unknown', `nothing to do: no job starts on ${given.join(', ')}`, {
    hint: spooled
      ? 'a spool is served by the daemon, or `domstart spool DIR --job FILE`'
      : known.length === 0
        ? 'none of these jobs has a `start on`: write `start on startup` in one that is to run at once'
        : `these jobs start on: ${[...new Set(known)].join(', ')}`,
  });
}
