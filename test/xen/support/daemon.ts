import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const root = process.env['DOMSTART_TEST_ROOT'] ?? '';

interface Started {
  readonly child: ChildProcess;
  readonly said: { text: string };
  readonly closed: Promise<number | null>;
}

/** A daemon with folders of its own, and the programs that talk to it. */
export interface DaemonTest {
  readonly folder: string;
  readonly jobs: string;
  /** One of test/xen/jobs. */
  addJob(name: string): void;
  domstart(...args: readonly string[]): Started;
  /** With this on its standard input. */
  typing(text: string, ...args: readonly string[]): Started;
  /** Resolves when it serves. */
  daemon(): Promise<Started>;
  remove(): void;
}

export function daemonTest(): DaemonTest {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  const jobs = join(folder, 'jobs');
  const socket = join(folder, 'control');
  mkdirSync(jobs);

  const domstart = (...args: readonly string[]) => start(args);

  function start(args: readonly string[], typed = ''): Started {
    const env = {
      ...process.env,
      DOMSTART_RUN: join(folder, 'runs'),
      DOMSTART_STATE: join(folder, 'state'),
      DOMSTART_SOCKET: socket,
    };
    const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
      ...{ cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'] },
    });
    child.stdin.end(typed);
    const said = { text: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said.text += text;
      });
    }
    const closed = once(child, 'close').then(([status]) => status as number | null);
    return { child, said, closed };
  }

  return {
    ...{ folder, jobs, domstart },
    typing: (text, ...args) => start(args, text),
    addJob: (name) => copyFileSync(join(root, 'test/xen/jobs', name), join(jobs, name)),
    async daemon() {
      const logs = ['--logdir', join(folder, 'log'), '--outputdir', join(folder, 'out')];
      const told = ['--no-startup-event', '--log-priority', 'info'];
      const it = domstart('daemon', '--confdir', jobs, ...logs, ...told);
      await vi.waitUntil(() => existsSync(socket), { timeout: 90_000, interval: 200 });
      return it;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
