import type { SpawnOptions } from 'node:child_process';
import { closeSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Environment } from '../model/environment.ts';
import { DomstartError } from '../model/errors.ts';
import type { JobDefinition, ProcessName, ProcessSpec } from '../model/job.ts';
import type { RunContext } from '../ports/main-process.ts';
import { wrap } from './attributes.ts';
import { argvOf, commandOf, SCRIPT_FD, scriptFile } from './command.ts';
import { type Console, DEFAULT_DEVICE, openConsole } from './console.ts';
import type { ForkRecord } from './fork-record.ts';
import { roomFault } from './launch-fault.ts';
import { errnoOf } from './no-room.ts';
import { openScript } from './script-descriptor.ts';
import { findFault } from './setup-check.ts';
import { setupFault } from './setup-fault.ts';
import { toolPath } from './tool-path.ts';
import { findGroup, findUser, isUs } from './user-group.ts';

export interface SpawnRequest {
  readonly context: RunContext;
  readonly process: ProcessName;
  readonly environment: Environment;
  /** See `ProcessHostOptions`. */
  readonly consoleDevice: string | null;
  readonly forks: ForkRecord;
}

/** All that is needed to execute a process of a job. */
export interface Launch {
  /** Never empty. */
  readonly argv: readonly string[];
  readonly options: SpawnOptions & {
    readonly env: Record<string, string>;
    readonly stdio: readonly ('ignore' | number)[];
  };
  readonly console: Console;
  /** Closes what only the process needs. */
  close(): void;
  /** Closes all of it: the process never ran. */
  abandon(): void;
}

const host = {
  user: findUser,
  group: findGroup,
  isUs,
  tool: toolPath,
};

/** Throws a DomstartError where it can be seen beforehand that the process cannot be set up. */
export function prepareLaunch(request: SpawnRequest): Launch {
  try {
    return prepare(request);
  } catch (error) {
    throw roomFault(request, error) ?? error;
  }
}

function prepare(request: SpawnRequest): Launch {
  const { context, process: name, environment, consoleDevice, forks } = request;
  const { job } = context;
  const command = commandOf(specOf(job, name));
  const direct = argvOf(command, context.arguments);
  const [program] = direct;
  if (program === undefined) {
    throw new DomstartError(
      'job-invalid',
      `cannot run ${job.name} ${name}: its exec line is empty`,
    );
  }
  const argv = wrap(job, direct, { ...host, nice: getPriority() });
  if (argv.length > direct.length || job.setuid !== undefined || job.setgid !== undefined) {
    refuseFault(request, program);
  }
  const console = openConsoleOf(job, name, consoleDevice);
  let script: number | undefined;
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    console.close();
    if (script !== undefined) closeSync(script);
  };
  const abandon = () => {
    close();
    if (console.reading !== undefined) closeSync(console.reading.input);
  };
  const stdio: ('ignore' | number)[] = [...console.stdio];
  try {
    if (command.kind === 'script') {
      script = openScript(scriptFile(command.text));
      while (stdio.length < SCRIPT_FD) stdio.push('ignore');
      stdio.push(script);
    }
  } catch (error) {
    abandon();
    throw error;
  }
  return {
    argv,
    options: {
      // The job's own table and nothing else; PATH in it also finds the program.
      env: { ...Object.fromEntries(environment), ...forks.mark },
      ...(job.chdir === undefined || job.chroot !== undefined ? {} : { cwd: job.chdir }),
      // A session of its own, which the program that takes the terminal makes itself.
      detached: job.console !== 'owner',
      stdio,
    },
    console,
    close,
    abandon,
  };
}

function specOf(job: JobDefinition, name: ProcessName): ProcessSpec {
  const spec = job.processes[name];
  if (spec !== undefined) return spec;
  throw new DomstartError('internal', `${job.name} has no ${name} process`);
}

function refuseFault({ context: { job }, process, environment }: SpawnRequest, program: string) {
  const fault = findFault({ job, program, environment });
  if (fault !== undefined) throw setupFault({ job, process, ...fault });
}

function openConsoleOf(job: JobDefinition, process: ProcessName, device: string | null): Console {
  try {
    return openConsole(job, device);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (job.console !== 'owner' || errno === undefined) throw cause;
    const setup = { what: 'console', device: device ?? DEFAULT_DEVICE } as const;
    throw setupFault({ job, process, setup, errno, cause });
  }
}
