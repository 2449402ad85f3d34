/**
 * One process that serves folders of jobs: the engine, what feeds it (job files, file events,
 * clients) and what keeps what it says (logs). It owns its control socket and nothing global, so a
 * test may have several in one process.
 *
 * Start: the socket is taken, what a killed daemon left running is ended, the folders are read, the
 * socket listens, and the startup event comes. Stop: as Upstart's session ends, then everything in
 * the opposite order.
 */

import type { Announcement } from '../embed/announcement-feed.ts';
import { goOnWithDomains, restoreDomain } from '../embed/go-on-with-domains.ts';
import { createHostPorts } from '../embed/host-ports.ts';
import { throwIfCancelled } from '../engine/abortable.ts';
import { ANNOUNCEMENT_TYPES } from '../engine/announcements.ts';
import { createEngineCore, type Engine } from '../engine/engine.ts';
import { runFolder } from '../host/paths.ts';
import type { Environment, Variable } from '../model/environment.ts';
import { type DomstartError, toDomstartError } from '../model/errors.ts';
import type { Dialect, JobDefinition } from '../model/job.ts';
import type { Clock } from '../ports/clock.ts';
import { systemClock } from '../process/system-clock.ts';
import type { SpoolTold } from '../spool/spool.ts';
import { endLeftOvers } from '../system/left-overs.ts';
import { createFileBridge } from '../watch/file-bridge.ts';
import { watchFolders } from '../watch/watch-folders.ts';
import { createAnswers } from './control/answer.ts';
import { takeControlSocket } from './control/control-socket.ts';
import type { Listening } from './control/listening.ts';
import { PROTOCOL } from './control/protocol.ts';
import { UPSTART_VERSION } from './control/served.ts';
import { createControlServer } from './control/server.ts';
import { sessionOfPath } from './control/socket-path.ts';
import { onJobChange } from './job-changes.ts';
import type { JobFolders } from './job-folders/job-folders.ts';
import { createJobFolders } from './job-folders/job-folders.ts';
import { keepJournal } from './keep-journal.ts';
import type { LogPriority } from './log-priority.ts';
import { createJobLogs } from './logs/job-logs.ts';
import { keepProcessList } from './process-list.ts';
import { createSpoolPlaces, createSpools, isSpooled, outputOf } from './spools.ts';
import { withHint } from './with-hint.ts';

export interface DaemonOptions {
  /** Of two that have a job of one name, the first counts. */
  readonly folders: readonly { readonly path: string; readonly dialect?: Dialect }[];
  /** Jobs that are in no file there. */
  readonly jobs?: readonly JobDefinition[];
  readonly socket: string;
  /** Where `console log` goes; absent: nowhere. */
  readonly logFolder?: string;
  /** Gets a folder for each instance whose domain hands something back. */
  readonly outputFolder?: string;
  /** Where its journal is, for `domstart history`; absent: nothing is kept. */
  readonly stateFolder?: string;
  /** Of jobs that do not say it. Default: `log`, as since Upstart 1.4. */
  readonly defaultConsole?: 'none' | 'log' | 'output' | 'owner';
  /** Default: `startup`; null: none. */
  readonly startupEvent?: string | null;
  /** Where bare `env NAME`, PATH and TERM come from. */
  readonly environment: Environment;
  /** Jobs get all of it, as those of a session init do, instead of PATH and TERM alone. */
  readonly inheritEnvironment?: boolean;
  /** Domstart's own, for `version`. */
  readonly version: string;
  readonly priority: { get(): LogPriority; set(priority: LogPriority): void };
  /** Called with what becomes of the files of spools. */
  readonly onSpool?: (told: SpoolTold) => void;
  /** Called with everything that is told, in order, from the beginning on. */
  readonly onAnnouncement: (announcement: Announcement) => void;
  /**
   * As the real Upstart in all that it promises nobody: the order among jobs, what a broken file
   * does to its job, how often files are read. For comparing with records of it.
   */
  readonly exactly?: boolean;
  readonly clock?: Clock;
  /** Aborted before clients are served: the start is given up, with `cancelled`. */
  readonly signal?: AbortSignal;
}

export interface Daemon {
  /** Reads all job files again. */
  reload(): Promise<void>;
  /** Stops everything in order; `event` has the TYPE of `session-end`. Once. */
  stop(type: 'shutdown'): Promise<void>;
  /** Does not wait for anybody any more. */
  kill(): void;
}

/** Resolves when clients are served. Throws `daemon-running`, `host-io`, `cancelled`. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { clock = systemClock, socket: path } = options;
  await using stack = new AsyncDisposableStack();
  const socket = stack.use(await takeControlSocket(path));
  await endLeftOvers(`${path}.processes`);

  const forks = stack.use(
    keepProcessList(`${path}.processes`, {
      marks: options.exactly !== true,
      hint: 'make room, or name another place with --socket',
    }),
  );
  const places = createSpoolPlaces();
  const ports = stack.use(
    createHostPorts({
      clock,
      forks,
      consoleDevice: '/dev/console',
      owner: path,
      onPoolProblem: (error) => problem(error),
      outputFor: (environment) => outputOf(places, environment),
      ...(options.outputFolder === undefined ? {} : { outputs: options.outputFolder }),
      ...(options.exactly && { expectMs: null }),
    }),
  );
  const problem = (error: DomstartError) => notice(withHint(error), 'warning');
  const logs = stack.use(
    createJobLogs({
      clock,
      ...(options.logFolder === undefined ? {} : { folder: options.logFolder }),
      onProblem: ({ error }) => problem(error),
    }),
  );
  const oldStyle = options.folders.length > 0 && options.folders.every(isOld);
  const engine = createEngineCore({
    ...ports,
    clock,
    environment: baseEnvironment(options),
    forProcesses: sessionFor(path),
    outerEnvironment: options.environment,
    openLog: (job, instance) => logs.open(job, instance, { file: places.making?.console }),
    hashOrder: options.exactly === true && !oldStyle,
    oldPasses: oldStyle,
  });
  for (const type of ANNOUNCEMENT_TYPES) {
    engine.on(type, (told) => options.onAnnouncement({ type, told } as Announcement));
  }
  const journal = await keepJournal(options.stateFolder, { clock, engine, problem });
  if (journal !== undefined) stack.use(journal);
  await ports.sweep().catch((error) => problem(toDomstartError(error)));

  function notice(text: string, severity?: 'warning'): void {
    engine.announce('notice', severity === undefined ? { text } : { text, severity });
  }

  const bridge = stack.use(
    createFileBridge({
      clock,
      emit: (name, variables) => void engine.queue(name, variables),
      onProblem: problem,
    }),
  );
  const { adoptions } = ports;
  const spools =
    journal &&
    stack.use(
      createSpools({
        ...{ engine, clock, places, logs, adoptions, version: options.version, problem },
        ...{ journal: journal.journal.spoolFiles, onTold: options.onSpool },
      }),
    );
  const onJobs = (jobs: readonly JobDefinition[]) => {
    bridge.setJobs(jobs);
    ports.setJobs(jobs);
    spools?.setJobs(jobs);
  };
  const folders = stack.use(serveFolders({ ...options, clock, engine, onJobs, problem }));
  for (const job of options.jobs ?? []) engine.define(withDefaults(job, options));
  if (options.jobs !== undefined) onJobs(engine.jobs());
  await folders.start();
  await engine.settled();

  let listening: Listening | undefined;
  async function reload(): Promise<void> {
    notice('Reloading configuration');
    await listening?.restore();
    await folders.reload();
  }

  const over = new AbortController();
  const server = createControlServer({
    greeting: { domstart: options.version, protocol: PROTOCOL, pid: process.pid },
    answer: createAnswers({
      engine,
      domains: ports.domains,
      spools: () => spools?.list() ?? [],
      restore: (folder, { keep }) =>
        restoreDomain(engine, folder, { adoptions, owner: path, runs: runFolder(), keep }),
      logs,
      version: UPSTART_VERSION,
      oldStyle,
      priority: options.priority,
      reload,
      over: over.signal,
    }),
  });
  throwIfCancelled(options.signal, 'starting the daemon');
  listening = stack.use(
    await socket.listen(server, {
      clock,
      onRestored() {
        forks.restore();
        notice(`The control socket was removed, and is made again: ${path}`, 'warning');
      },
      onProblem: problem,
    }),
  );
  for (const { record } of adoptions.list()) journal?.expect(record);
  await goOnWithDomains(engine, {
    ...{ adoptions, clock, problem },
    isOthers: (record) => spools !== undefined && isSpooled(engine, record),
  });
  const { startupEvent = 'startup' } = options;
  if (startupEvent !== null) engine.queue(startupEvent);

  const parts = stack.move();
  let stopping: Promise<void> | undefined;
  return {
    reload,
    stop(type) {
      stopping ??= (async () => {
        notice(`Quiescing due to ${type} request`);
        spools?.pause();
        await quiesce(engine, { clock, type });
        await closeEngine(engine, clock);
        await spools?.[Symbol.asyncDispose]();
        // Who follows gets all of it, and then its end.
        await logs.close({ signal: AbortSignal.timeout(LOGS_MS) });
        over.abort();
        await parts.disposeAsync();
      })();
      return stopping;
    },
    kill: () => engine.kill(),
  };
}

/** Jobs that do not end by themselves after `session-end` have as long as the slowest may take. */
async function quiesce(
  engine: Engine,
  { clock, type }: { readonly clock: Clock; readonly type: string },
): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const done = engine.quiesce('session-end', [{ name: 'TYPE', value: type }]);
  const forget = clock.after((engine.longestKillTimeout + SPARE_SECONDS) * 1000, resolve);
  await Promise.race([done, late]);
  forget();
}

/** A `pre-stop` or `post-stop` that does not end by now is killed. */
async function closeEngine(engine: Engine, clock: Clock): Promise<void> {
  const forget = clock.after((engine.longestKillTimeout + SPARE_SECONDS) * 1000, () =>
    engine.kill(),
  );
  await engine.close();
  forget();
}

/** For the last of the logs, on a disk that does not answer. */
const LOGS_MS = 5000;

/** For the SIGKILL itself, and for jobs that start on `session-end`. */
const SPARE_SECONDS = 5;

interface Serving extends DaemonOptions {
  readonly clock: Clock;
  readonly engine: Engine;
  /** The jobs that are loaded now, whenever they changed. */
  readonly onJobs: (jobs: readonly JobDefinition[]) => void;
  readonly problem: (error: DomstartError) => void;
}

function serveFolders(serving: Serving): JobFolders {
  const { folders, clock, engine, onJobs, problem, exactly = false } = serving;
  let isTold = true;
  const tellJobs = () => {
    if (!isTold) return;
    isTold = false;
    // All that one look changes is one change.
    queueMicrotask(() => {
      isTold = true;
      onJobs(engine.jobs());
    });
  };
  return createJobFolders({
    folders,
    clock,
    onChange: (change) => {
      try {
        onJobChange(engine, change, (job) => withDefaults(job, serving));
      } catch (error) {
        problem(toDomstartError(error));
      }
      if (change.kind === 'define' || change.kind === 'undefine') tellJobs();
    },
    watch: (options) => watchFolders({ ...options, clock, onProblem: problem }),
    onBroken: exactly ? 'drop' : 'keep',
    overridden: exactly ? 'twice' : 'once',
  });
}

function withDefaults(job: JobDefinition, options: DaemonOptions): JobDefinition {
  if (job.dialect === 'event.d') return job;
  const said = job.console ?? options.defaultConsole;
  // What is not kept may still be followed, except where all is as with Upstart.
  const isLost = options.exactly === true && options.logFolder === undefined;
  const console = isLost && (said ?? 'log') === 'log' ? 'none' : said;
  return console === job.console || console === undefined ? job : { ...job, console };
}

function baseEnvironment(options: DaemonOptions): Environment {
  const { environment, inheritEnvironment = false } = options;
  const taken = [...environment].filter(
    ([name]) => inheritEnvironment || name === 'PATH' || name === 'TERM',
  );
  return new Map(taken);
}

/** Jobs of 0.3 know of no session; they find the daemon at its usual place. */
function sessionFor(socket: string): (job: JobDefinition) => readonly Variable[] {
  const session = [{ name: 'UPSTART_SESSION', value: sessionOfPath(socket) }];
  return ({ dialect }) => (dialect === 'event.d' ? [] : session);
}

function isOld({ path, dialect }: DaemonOptions['folders'][number]): boolean {
  return (dialect ?? (`/${path}/`.includes('/event.d/') ? 'event.d' : undefined)) === 'event.d';
}
