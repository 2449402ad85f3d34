import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { expect } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** The command line as a user runs it, with a run folder of its own. */
export interface CommandLine extends AsyncDisposable {
  readonly runs: string;
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Starts it and leaves it running. */
  start(args: readonly string[], options?: RunOptions): Started;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file to be its standard input. */
  readonly stdin?: string;
}

export interface Started {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly finished: Promise<Finished>;
  /** Resolves when its output has this in it; rejects when it ends before. */
  said(what: string): Promise<void>;
}

interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Gives a command line whose leavings can be told from everybody else's: disposing of it asserts
 * that no process, socket or file is left.
 */
export async function commandLine(): Promise<CommandLine> {
  const runs = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  const start = (
    args: readonly string[],
    { env = {}, cwd = root, stdin = '/dev/null' }: RunOptions = {},
  ) =>
    startProgram(join(root, 'bin/domstart'), args, {
      cwd,
      stdin,
      env: { ...process.env, DOMSTART_RUN: runs, NO_COLOR: '1', ...env },
    });
  return {
    runs,
    start,
    run: (args, options) => start(args, options).finished,
    async [Symbol.asyncDispose]() {
      const left = {
        files: readdirSync(runs, { recursive: true }),
        processes: processesNaming(runs),
      };
      await rm(runs, { recursive: true, force: true });
      expect(left).toEqual({ files: [], processes: [] });
    },
  };
}

/** Starts a program with its output kept. */
export function startProgram(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly stdin?: string },
): Started {
  const { cwd, env, stdin = '/dev/null' } = options;
  const input = openSync(stdin, 'r');
  const child = spawn(file, args, { cwd, env, stdio: [input, 'pipe', 'pipe'] }) as Started['child'];
  closeSync(input);
  const output = { stdout: '', stderr: '' };
  const waiters = new Set<() => void>();
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
      for (const look of waiters) look();
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, ...output }));
  });
  return {
    child,
    finished,
    said: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (output.stdout.includes(what) || output.stderr.includes(what)) resolve();
        };
        waiters.add(look);
        look();
        finished.then(
          (end) => reject(new Error(`it ended without saying ${what}:\n${JSON.stringify(end)}`)),
          reject,
        );
      }),
  };
}

/** Every living process whose arguments name `text`. */
export function processesNaming(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((command) => command.includes(text));
}

/** The words before a command that runs it in a namespace of its own; root needs no user namespace. */
export function apart(namespace: 'mount' | 'net' | 'pid'): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...user, `--${namespace}`];
}
