import { spawn } from 'node:child_process';
import type { JobDefinition } from '../model/job.ts';
import type { Ending } from '../ports/main-process.ts';
import { type Launch, prepareLaunch, type SpawnRequest } from './launch.ts';
import { hasRoomNow, launchFault } from './launch-fault.ts';
import { addGroup, removeGroup } from './living-groups.ts';
import { readOutput } from './output-sink.ts';
import { isSetupFault } from './setup-fault.ts';
import { signalName } from './signal-name.ts';

export interface HostProcess {
  /** Of the process, and of its group and session. */
  readonly pid: number;
  /** Settles when the process ended and its output was read; never rejects. */
  readonly ended: Promise<Ending>;
}

/**
 * Runs one process of a job on this host, in a session of its own (UPSTART.md, section 17), in the
 * same turn. Throws or rejects with a DomstartError where it cannot be set up; in event.d, that is
 * a process that ends with status 255.
 */
export function spawnProcess(request: SpawnRequest): HostProcess | Promise<HostProcess> {
  try {
    const started = start(request);
    return 'pid' in started ? started : started.catch((error) => standIn(request, error));
  } catch (error) {
    return standIn(request, error);
  }
}

function start(request: SpawnRequest): HostProcess | Promise<HostProcess> {
  const again = (error: unknown) => {
    if (hasRoomNow(error)) return startOnce(request);
    throw error;
  };
  try {
    const started = startOnce(request);
    return 'pid' in started ? started : started.catch(again);
  } catch (error) {
    return again(error);
  }
}

function startOnce(request: SpawnRequest): HostProcess | Promise<never> {
  const launch = prepareLaunch(request);
  const [program, ...args] = launch.argv as [string, ...string[]];
  let forked: Forked;
  try {
    forked = request.forks.record('process', () => spawn(program, args, launch.options));
  } catch (error) {
    // Arguments that no process can have, such as a NUL byte.
    launch.abandon();
    throw launchFault(request, launch, error);
  }
  const { child } = forked;
  const { pid } = child;
  if (pid === undefined) {
    launch.abandon();
    return new Promise((_, reject) => {
      child.once('error', (error) => reject(launchFault(request, launch, error)));
    });
  }
  launch.close();
  child.on('error', () => {});
  return { pid, ended: follow(forked, pid, { request, launch }) };
}

interface Forked {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: () => void;
}

function follow(
  { child, ended }: Forked,
  pid: number,
  { request, launch }: { readonly request: SpawnRequest; readonly launch: Launch },
): Promise<Ending> {
  addGroup(pid);
  const output = readOutput(launch.console, request);
  return new Promise((resolve) => {
    child.once('exit', (status, signal) => {
      removeGroup(pid);
      const ending: Ending =
        signal === null
          ? { kind: 'exited', status: status ?? 0 }
          : { kind: 'signalled', signal: signalName(signal) };
      output.finish(() => {
        ended();
        resolve(ending);
      });
    });
  });
}

/** As in Upstart 0.3, where the child itself told by its status that it could not be set up. */
function standIn(request: SpawnRequest, error: unknown): HostProcess | Promise<HostProcess> {
  const { context, process } = request;
  const { job } = context;
  if (job.dialect !== 'event.d' || !isSetupFault(error)) throw error;
  context.report.warn(error.message);
  const bare: JobDefinition = {
    name: job.name,
    dialect: 'init',
    console: 'none',
    emits: [],
    env: [],
    export: [],
    task: job.task,
    processes: { [process]: { kind: 'script', text: 'exit 255' } },
    respawn: false,
    normalExit: [],
    limits: {},
    cgroups: [],
  };
  return start({ ...request, context: { ...context, job: bare } });
}
