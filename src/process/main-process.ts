import type { JobDefinition } from '../model/job.ts';
import type { CreateMainProcess, MainProcess, RunContext, Spawned } from '../ports/main-process.ts';
import { awaitStop } from './expect/await-stop.ts';
import { followForks } from './expect/follow-forks.ts';
import type { SpawnRequest } from './launch.ts';
import { signalGroup, signalProcess } from './living-groups.ts';
import type { ProcessHost } from './process-host.ts';
import { signalNumber } from './signal-name.ts';
import { type HostProcess, spawnProcess } from './spawn-process.ts';

/** The main process while it runs. */
interface Running extends Spawned {
  readonly pid: number;
  signal(number: number): void;
  reload(number: number): void;
  /** Ends what is left of it. */
  end(): void;
}

/** The main process of an ordinary job: its `exec` or `script`, on this host. */
export function createMainProcess(host: ProcessHost): CreateMainProcess {
  return (context) => createMain(context, host);
}

function createMain(context: RunContext, host: ProcessHost): MainProcess {
  const { job } = context;
  let main: Running | undefined;
  let running = false;
  let killed = false;
  let terminated = false;

  function kill(): void {
    killed = true;
    if (running) main?.signal(signalNumber('KILL'));
  }

  async function beginLater(): Promise<Running> {
    return begin(context, host);
  }

  function take(it: Running): Spawned {
    main = it;
    running = true;
    if (killed) kill();
    const ended = it.ended.finally(() => {
      running = false;
    });
    return { ...it, ended, insists: host.expectMs === null };
  }

  return {
    prepare() {},
    spawn() {
      // Upstart 0.3 goes on in the same turn. Later ones handle what is already queued before the
      // lifecycle goes on behind an exec that succeeded.
      if (job.dialect !== 'event.d') return beginLater().then(take);
      const begun = begin(context, host);
      return isPromise(begun) ? begun.then(take) : take(begun);
    },
    ready() {},
    terminate() {
      terminated = true;
      const number = signalNumber(job.killSignal ?? 'TERM');
      if (number !== 0) main?.signal(number);
    },
    kill,
    expire: kill,
    reload() {
      if (running) main?.reload(signalNumber(job.reloadSignal ?? 'HUP'));
    },
    cleanUp() {
      // A job that was stopped leaves no part of its group. One that ended by itself may, as with
      // Upstart: what it put into the background is its own affair.
      if (terminated || killed) main?.end();
    },
  };
}

function begin(context: RunContext, host: ProcessHost): Promise<Running> | Running {
  host.noteIneffective(context);
  const { environment, job } = context;
  const { consoleDevice, forks, clock, expectMs } = host;
  const request: SpawnRequest = { context, process: 'main', environment, consoleDevice, forks };
  if (job.expect === 'fork' || job.expect === 'daemon') {
    return followForks(request, { expect: job.expect, clock, expectMs });
  }
  const spawned = spawnProcess(request);
  if (isPromise(spawned)) return spawned.then((it) => runningOf(it, { context, host }));
  context.report.forked(spawned.pid);
  return runningOf(spawned, { context, host });
}

function runningOf(
  { pid, ended }: HostProcess,
  { context, host }: { readonly context: RunContext; readonly host: ProcessHost },
): Running {
  const { job } = context;
  const { clock, expectMs } = host;
  const expected = expectedOf(job, () =>
    awaitStop({ job, pid, ended, report: context.report, clock, expectMs }),
  );
  return {
    pid,
    ended,
    ...(expected === undefined ? {} : { expected }),
    signal: (number) => signalGroup(pid, number),
    reload: (number) => signalProcess(pid, number),
    end: () => signalGroup(pid, 'SIGKILL'),
  };
}

function expectedOf(job: JobDefinition, stopped: () => Promise<void>): Promise<void> | undefined {
  if (job.expect === 'stop') return stopped();
  // Upstart 0.3 never finds the pid of a `daemon`, and waits for ever.
  return job.daemon ? new Promise(() => {}) : undefined;
}

function isPromise<T extends object>(value: T | Promise<T>): value is Promise<T> {
  return 'then' in value;
}
