import type { ChildProcess, StdioOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { getPriority } from 'node:os';
import type { Environment } from '../model/environment.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { ProcessName } from '../model/job.ts';
import { neutralise } from '../model/terminal.ts';
import type { Ending, RunContext } from '../ports/main-process.ts';
import { createPacer } from '../ports/pace.ts';
import { refuseAttributes, wrap } from './attributes.ts';
import { argvOf, commandOf, SCRIPT_FD, scriptFile } from './command.ts';
import { createLineSplitter } from './line-splitter.ts';
import { addGroup, removeGroup } from './living-groups.ts';
import { openScript } from './script-descriptor.ts';
import { signalName } from './signal-name.ts';
import { toolPath } from './tool-path.ts';
import { groupNumber, groupOfUser } from './user-group.ts';

export interface SpawnRequest {
  readonly context: RunContext;
  readonly process: ProcessName;
  readonly environment: Environment;
}

export interface HostProcess {
  /** Of the process, and of its group and session. */
  readonly pid: number;
  /** Settles when the process ended and its output was read; never rejects. */
  readonly ended: Promise<Ending>;
}

const hostFacts = {
  nice: getPriority(),
  groupOfUser,
  groupNumber,
  hasFolder: existsSync,
  tool: toolPath,
};

/** How long output may still come after the end, from a child that keeps the pipe open. */
const OUTPUT_GRACE_MS = 100;

/**
 * Runs one process of a job on this host, in a session of its own (UPSTART.md, section 17), in the
 * same turn. Throws or rejects with a DomstartError where it cannot be executed.
 */
export function spawnProcess(request: SpawnRequest): HostProcess | Promise<never> {
  const child = begin(request);
  const { pid } = child;
  if (pid === undefined) {
    return new Promise((_, reject) => {
      child.once('error', (error) => reject(spawnError(request, error)));
    });
  }
  child.on('error', () => {});
  return { pid, ended: follow(child, pid, request) };
}

function begin(request: SpawnRequest): ChildProcess {
  const { context, process: name, environment } = request;
  const { job } = context;
  const spec = job.processes[name];
  if (spec === undefined) throw new DomstartError('internal', `${job.name} has no ${name} process`);
  refuseAttributes(job);
  const command = commandOf(spec);
  const [program, ...args] = wrap(job, argvOf(command), hostFacts);
  if (program === undefined) {
    throw new DomstartError(
      'job-invalid',
      `cannot run ${job.name} ${name}: its exec line is empty`,
    );
  }
  const output = hasOutput(request) ? 'pipe' : 'ignore';
  const stdio: StdioOptions = ['ignore', output, output];
  const script = command.kind === 'script' ? openScript(scriptFile(command.text)) : undefined;
  if (script !== undefined) {
    while (stdio.length < SCRIPT_FD) stdio.push('ignore');
    stdio.push(script);
  }
  try {
    return spawn(program, args, {
      // The job's own table and nothing else; PATH in it also finds the program.
      env: Object.fromEntries(environment),
      ...(job.chdir === undefined || job.chroot !== undefined ? {} : { cwd: job.chdir }),
      detached: true,
      stdio,
    });
  } catch (error) {
    // Arguments that no process can have, such as a NUL byte.
    throw spawnError(request, error);
  } finally {
    if (script !== undefined) closeSync(script);
  }
}

function hasOutput({ context: { job } }: SpawnRequest): boolean {
  return (job.console ?? (job.dialect === 'event.d' ? 'none' : 'log')) !== 'none';
}

function follow(child: ChildProcess, pid: number, request: SpawnRequest): Promise<Ending> {
  addGroup(pid);
  const { report, pace } = request.context;
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  const pacers = streams.map((stream) => {
    const pacer = createPacer(stream, pace);
    const lines = createLineSplitter((text) =>
      report.line({ source: request.process, text: neutralise(text) }),
    );
    stream.on('data', (bytes: Uint8Array) => {
      lines.push(bytes);
      pacer.took();
    });
    stream.on('end', () => lines.end());
    stream.on('error', () => {});
    return pacer;
  });
  return new Promise((resolve) => {
    child.once('exit', (status, signal) => {
      removeGroup(pid);
      // What is left in the pipes is little, and the end waits for nobody.
      for (const pacer of pacers) pacer.lift();
      const ending: Ending =
        signal === null
          ? { kind: 'exited', status: status ?? 0 }
          : { kind: 'signalled', signal: signalName(signal) };
      // A child of the job in the background may keep the pipes open for as long as it likes.
      const grace = setTimeout(() => {
        for (const stream of streams) (stream as typeof stream & { unref?(): void }).unref?.();
        for (const pacer of pacers) pacer.impose();
        resolve(ending);
      }, OUTPUT_GRACE_MS);
      child.once('close', () => {
        clearTimeout(grace);
        resolve(ending);
      });
    });
  });
}

function spawnError({ context, process: name }: SpawnRequest, error: unknown): DomstartError {
  const { job } = context;
  const what = `cannot run ${job.name} ${name}`;
  const errno = (error as NodeJS.ErrnoException).code;
  if (job.chdir !== undefined && errno === 'ENOENT' && !existsSync(job.chdir)) {
    return new DomstartError('file-missing', `${what}: there is no folder ${job.chdir}`, {
      hint: `create it, or correct "chdir ${job.chdir}"`,
      cause: error,
    });
  }
  const text = job.processes[name]?.text ?? '';
  if (errno === 'ENOENT') {
    return new DomstartError('file-missing', `${what}: there is no program "${firstWord(text)}"`, {
      hint: 'install it, or give its whole path',
      cause: error,
    });
  }
  if (errno === 'E2BIG') {
    return new DomstartError('host-io', `${what}: its command and variables are too long`, {
      hint: 'Linux takes 128 KiB in one argument or variable; put what is long into a file',
      cause: error,
    });
  }
  const { code } = toDomstartError(error, 'host-io');
  return new DomstartError(code, `${what}: ${messageOf(error)}`, { cause: error });
}

function firstWord(text: string): string {
  return text.trim().split(/\s/, 1)[0] ?? '';
}
