import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { isAlive } from './alive.ts';
import { type Started, startProgram } from './domstart.ts';

const root = resolve(import.meta.dirname, '../..');

/** A folder with jobs and a place for a control socket, and what runs there as users run it. */
export interface DaemonRig extends AsyncDisposable {
  readonly folder: string;
  readonly socket: string;
  /** Writes a file below the folder: `jobs/web.conf`. Gives its path. */
  file(name: string, text: string): string;
  /** What such a file holds; empty where there is none. */
  read(name: string): string;
  /** Starts `domstart daemon` and does not wait for anything. */
  spawn(options?: SpawnOptions): Started;
  /** Starts it, and waits until it serves clients. */
  daemon(options?: SpawnOptions): Promise<Started>;
  /** `initctl`, `domstart` with words behind it; without waiting for its end. */
  start(line: string | readonly string[], options?: ClientOptions): Started;
  ask(line: string | readonly string[], options?: ClientOptions): Promise<Said>;
  /** Every living process of a job of this folder's daemons: they have its socket's name. */
  processes(): number[];
  /** Of one job's processes. */
  pidsOf(job: string): number[];
}

interface ClientOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A file to be its standard input. */
  readonly stdin?: string;
}

interface SpawnOptions extends ClientOptions {
  readonly args?: readonly string[];
  /** Instead of `--confdir FOLDER/jobs`. */
  readonly confdirs?: readonly string[];
  /** Words before the command: `unshare` and the like. */
  readonly within?: readonly string[];
}

interface Said {
  readonly out: string;
  readonly err: string;
  readonly status: number | null;
}

/** Disposing of it kills what still runs and asserts that no daemon was forgotten. */
export function daemonRig(): DaemonRig {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-daemon-'));
  mkdirSync(join(folder, 'jobs'));
  const socket = join(folder, 'control');
  const { PATH = '', HOME = folder } = process.env;
  const env = {
    PATH,
    NO_COLOR: '1',
    TERM: 'linux',
    HOME,
    DOMSTART_SOCKET: socket,
    DOMSTART_RUN: join(folder, 'runs'),
    DOMSTART_STATE: join(folder, 'state'),
    ...(process.env['DOMSTART_CACHE'] && { DOMSTART_CACHE: process.env['DOMSTART_CACHE'] }),
  };
  const daemons: Started[] = [];

  function spawn(options: SpawnOptions = {}): Started {
    const { args = [], confdirs = [join(folder, 'jobs')], within = [] } = options;
    const [program = '', ...words] = [
      ...within,
      join(root, 'bin/domstartd'),
      ...(confdirs.length > 0 ? ['--confdir', ...confdirs] : []),
      '--logdir',
      join(folder, 'log'),
      ...args,
    ];
    const started = startProgram(program, words, { cwd: folder, env: { ...env, ...options.env } });
    daemons.push(started);
    return started;
  }

  function start(line: string | readonly string[], options: ClientOptions = {}): Started {
    const [name = '', ...words] = typeof line === 'string' ? line.split(' ') : line;
    return startProgram(join(root, 'bin', name), words, {
      cwd: folder,
      env: { ...env, ...options.env },
      ...(options.stdin !== undefined && { stdin: options.stdin }),
    });
  }

  async function ask(line: string | readonly string[], options?: ClientOptions): Promise<Said> {
    const { stdout, stderr, status } = await start(line, options).finished;
    return { out: stdout, err: stderr, status };
  }

  function processes(job = ''): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        const environment = environmentOf(pid);
        return (
          environment.includes(`UPSTART_SESSION=unix:path=${socket}`) &&
          (job === '' || environment.includes(`UPSTART_JOB=${job}`)) &&
          isAlive(pid)
        );
      });
  }

  let disposed = false;
  const rig: DaemonRig = {
    folder,
    socket,
    file(name, text) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    read(name) {
      try {
        return readFileSync(join(folder, name), 'utf8');
      } catch {
        return '';
      }
    },
    spawn,
    async daemon(options) {
      const started = spawn(options);
      let over = false;
      const end = () => {
        over = true;
      };
      started.finished.then(end, end);
      await vi.waitFor(
        async () => {
          if (over) return;
          const { status, err } = await ask('initctl version');
          expect({ status, err }).toEqual({ status: 0, err: '' });
        },
        { timeout: 20_000, interval: 30 },
      );
      if (over) throw new Error(`the daemon ended: ${JSON.stringify(await started.finished)}`);
      return started;
    },
    start,
    ask,
    processes: () => processes(),
    pidsOf: (job) => processes(job),
    async [Symbol.asyncDispose]() {
      disposed = true;
      const forgotten = daemons.filter(({ child }) => isRunning(child));
      for (const { child } of forgotten) child.kill('SIGKILL');
      await Promise.all(daemons.map(({ finished }) => finished.catch(() => {})));
      const left = processes();
      for (const pid of left) kill(pid);
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
      expect({ daemons: forgotten.length, processes: left }).toEqual({ daemons: 0, processes: [] });
    },
  };
  // A test whose time is over goes on, and never leaves its scope.
  onTestFinished(async () => {
    if (!disposed) await rig[Symbol.asyncDispose]();
  });
  return rig;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself.
  }
}

/** Stops it as its host does, and gives what it said. */
export async function stop(daemon: Started, signal: NodeJS.Signals = 'SIGTERM'): Promise<Said> {
  daemon.child.kill(signal);
  const { stdout, stderr, status } = await daemon.finished;
  return { out: stdout, err: stderr, status };
}

function isRunning({ exitCode, signalCode }: Started['child']): boolean {
  return exitCode === null && signalCode === null;
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
