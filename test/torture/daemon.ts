import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export interface TortureDaemon {
  /** Of the next one: the step at which it kills itself; 0: none. */
  start(step: number): Promise<void>;
  kill(): Promise<void>;
  /** In order; gives its exit status. */
  stop(): Promise<number | null>;
  readonly isAlive: () => boolean;
}

export function createDaemon(base: string, name: string): TortureDaemon {
  const socket = join(base, `${name}.socket`);
  let child: ChildProcess | undefined;
  let over: Promise<unknown> = Promise.resolve();

  const isAlive = () => child !== undefined && child.exitCode === null && child.signalCode === null;

  return {
    isAlive,
    async start(step) {
      // The one that a dead one has left is no sign of this one.
      rmSync(socket, { force: true });
      const log = openSync(join(base, `${name}.log`), 'a');
      const told = ['--socket', socket, '--state', join(base, 'state'), '--no-startup-event'];
      const kept = ['--logdir', join(base, 'log'), '--outputdir', join(base, 'out')];
      const started = spawn(
        process.execPath,
        [
          ...['--import', join(import.meta.dirname, 'killer.mjs'), join(root, 'dist/cli.js')],
          ...['daemon', '--confdir', join(base, 'jobs'), ...told, ...kept],
        ],
        {
          env: { ...process.env, TORTURE_STEP: String(step), DOMSTART_RUN: join(base, 'run') },
          stdio: ['ignore', log, log],
        },
      );
      child = started;
      over = once(started, 'exit');
      for (let left = 500; left > 0 && isAlive() && !existsSync(socket); left -= 1) await rest(20);
    },
    async kill() {
      child?.kill('SIGKILL');
      await over;
    },
    async stop() {
      child?.kill('SIGTERM');
      await over;
      return child?.exitCode ?? null;
    },
  };
}

export function rest(ms: number): Promise<void> {
  return new Promise((next) => setTimeout(next, ms));
}

/** Processes whose command line or environment names a folder, but for our own. */
export function processesOf(folder: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
        const named = command.includes(folder) || environment.includes(`SPOOL=${folder}`);
        return named ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}
