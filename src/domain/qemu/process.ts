import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { DomstartError } from '../../model/errors.ts';
import type { QemuTool } from '../../ports/host-tools.ts';
import { tether } from '../tether.ts';
import { CONSOLE_FD, CONTROL_FD } from './arguments.ts';

/** A QEMU to run: the system's own, or one unpacked in the cache that needs an environment. */
export type QemuCommand = Pick<QemuTool, 'command' | 'args' | 'env'>;

export interface QemuProcess {
  readonly pid: number;
  readonly console: Duplex;
  readonly control: Duplex;
  /** Settles when the process is gone; there may still be something to read. Never rejects. */
  readonly exited: Promise<void>;
  /** Settles when the process is gone and all that it wrote was read. Never rejects. */
  readonly closed: Promise<ProcessEnd>;
  /** SIGKILL; there is nothing in a throwaway domain to save. Idempotent. */
  kill(): void;
}

export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: string | null;
  /** The end of what it wrote on stderr. */
  readonly messages: string;
}

/** Bytes of QEMU's own messages that are kept. */
const MESSAGES_KEPT = 4096;

/**
 * Starts QEMU with its console and its control channel on inherited sockets, connected from the
 * first instruction: not a byte is lost, and no socket has a name. Rejects with a DomstartError
 * where it cannot be started at all.
 */
export function startQemu(qemu: QemuCommand, args: readonly string[]): Promise<QemuProcess> {
  const [command = '', ...rest] = [...tether(), qemu.command, ...qemu.args, ...args];
  const child = spawn(command, rest, {
    // Nothing of our environment is a guest's business.
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...qemu.env },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
    // A Ctrl-C of the terminal is for us alone: we end the domain in order.
    detached: true,
  });
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(
        new DomstartError('host-incapable', `cannot start ${qemu.command}: ${cause.message}`, {
          hint: 'run `domstart doctor`',
          cause,
        }),
      );
    });
    child.once('spawn', () => resolve(wrap(child)));
  });
}

function wrap(child: ChildProcess): QemuProcess {
  let messages = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    messages = (messages + text).slice(-MESSAGES_KEPT);
  });
  return {
    pid: child.pid ?? 0,
    console: child.stdio[CONSOLE_FD] as Duplex,
    control: child.stdio[CONTROL_FD] as Duplex,
    exited: new Promise((resolve) => {
      child.once('exit', () => resolve());
    }),
    closed: new Promise((resolve) => {
      child.once('close', (status, signal) => {
        resolve({ status, signal, messages: messages.trim() });
      });
    }),
    kill: () => child.kill('SIGKILL'),
  };
}
