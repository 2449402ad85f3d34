import { type ChildProcess, spawn } from 'node:child_process';
import { RUN_MARK } from '../run-folder.ts';

/** One of Xen's programs, running. */
export interface Program {
  readonly child: ChildProcess;
  /** Settles when it is gone and all that it wrote was read. Never rejects. */
  readonly closed: Promise<ProgramEnd>;
  /** SIGKILL; idempotent. */
  kill(): void;
}

export interface ProgramEnd {
  readonly status: number | null;
  readonly signal: string | null;
  /** It could not be started at all. */
  readonly failure?: Error;
}

/**
 * Starts it in a session of its own: a Ctrl-C of the terminal is for us alone. One that lives as long
 * as a domain has the folder of its run in its environment, by which it is found when we are killed.
 */
export function startProgram(
  [command = '', ...args]: readonly string[],
  { folder }: { readonly folder?: string } = {},
): Program {
  const child = spawn(command, args, {
    env: {
      PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C',
      ...(folder !== undefined && { [RUN_MARK]: folder }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  return {
    child,
    closed: new Promise((resolve) => {
      child.once('close', (status, signal) => {
        resolve({ status, signal, ...(failure !== undefined && { failure }) });
      });
    }),
    kill: () => child.kill('SIGKILL'),
  };
}

/** Of what a program writes, the most that is kept. */
const KEPT = 16 * 1024;

/** Both of its outputs as one text, as far as it came. */
export function collectText({ child }: Program, onText: () => void = () => {}): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-KEPT);
      onText();
    });
  }
  return () => text;
}
