import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { RUN_MARK } from '../run-folder.ts';

/** One of Xen's programs, running. */
export interface Program {
  /** These are absent where it could not be started. */
  readonly pid?: number;
  readonly stdout?: Readable;
  readonly stderr?: Readable;
  /** Settles when it is gone and all that it wrote was read. Never rejects. */
  readonly closed: Promise<ProgramEnd>;
  /** SIGKILL to it and to what it has started, such as a hotplug script; idempotent. */
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
  const env = {
    PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    ...(folder !== undefined && { [RUN_MARK]: folder }),
  };
  try {
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    return following(spawn(command, args, { env, stdio, detached: true }));
  } catch (error) {
    // Of a host without memory: other errors come as events.
    const failure = error as Error;
    return { closed: Promise.resolve({ status: null, signal: null, failure }), kill() {} };
  }
}

function following(child: ChildProcess): Program {
  const { pid, stdout, stderr } = child;
  let failure: Error | undefined;
  let closed = false;
  child.once('error', (error) => {
    failure = error;
  });

  /** Who has left its group may hold its outputs for ever. */
  function letGo(): void {
    for (const output of [stdout, stderr]) output?.destroy();
  }

  return {
    ...(pid !== undefined && { pid }),
    ...(stdout && { stdout }),
    ...(stderr && { stderr }),
    closed: new Promise((resolve) => {
      child.once('close', (status, signal) => {
        closed = true;
        resolve({ status, signal, ...(failure !== undefined && { failure }) });
      });
    }),
    kill() {
      if (closed || pid === undefined) return;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // All of them are gone.
      }
      if (child.exitCode === null && child.signalCode === null) child.once('exit', letGo);
      else letGo();
    },
  };
}

/** Of what a program writes, the most that is kept. */
const KEPT = 16 * 1024;

/** Both of its outputs as one text, as far as it came. */
export function collectText(
  { stdout, stderr }: Program,
  onText: () => void = () => {},
): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding('utf8').on('data', (piece: string) => {
      text = (text + piece).slice(-KEPT);
      onText();
    });
  }
  return () => text;
}
