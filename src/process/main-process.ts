import type { JobDefinition } from '../model/job.ts';
import type { CreateMainProcess, MainProcess, RunContext, Spawned } from '../ports/main-process.ts';
import { awaitStop } from './expect/await-stop.ts';
import { followForks } from './expect/follow-forks.ts';
import type { SpawnRequest } from './launch.ts';
import { signalGroup, signalProcess } from './living-groups.ts';
import type { ProcessHost } from './process-host.ts';
import { signalNumber } from './signal-name.ts';
import { spawnProcess } from './spawn-process.ts';

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

  return {
    prepare() {},
    // A promise even where it is known at once: as in Upstart, what is already queued is handled
    // before the lifecycle goes on behind an exec that succeeded.
    async spawn() {
      const it = await begin(context, host);
      main = it;
      running = true;
      if (killed) kill();
      const ended = it.ended.finally(() => {
        running = false;
      });
      return { ...it, ended };
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

async function begin(context: RunContext, host: ProcessHost): Promise<Running> {
  host.noteIneffective(context, 'main');
  const { environment, job } = context;
  const { consoleDevice, clock } = host;
  const request: SpawnRequest = { context, process: 'main', environment, consoleDevice };
  if (job.expect === 'fork' || job.expect === 'daemon') {
    return followForks(request, { expect: job.expect, clock });
  }
  const spawned = spawnProcess(request);
  if ('pid' in spawned) context.report.forked(spawned.pid);
  const { pid, ended } = await spawned;
  const expected = expectedOf(job, () =>
    awaitStop({ job, pid, ended, report: context.report, clock }),
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
