import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ControlClient, connectToDaemon } from '../src/daemon/control/client.ts';
import type { Item, Request } from '../src/daemon/control/protocol.ts';

/** A real domstartd that serves a folder of its own, and a connection to it. */
export interface BenchDaemon extends AsyncDisposable {
  readonly pid: number;
  readonly folder: string;
  /** Milliseconds from spawn to the greeting. */
  readonly startMs: number;
  ask(request: Request): Promise<readonly Item[]>;
  /** Emits it and waits until nobody holds it. */
  emit(event: string, env?: readonly string[]): Promise<void>;
}

/** Texts of job files by name. */
export type JobTexts = Readonly<Record<string, string>>;

const PATIENCE_MS = 120_000;

/** Starts `bin/domstartd` as a user does, with its log on and its own talk thrown away. */
export async function startBenchDaemon(
  jobs: JobTexts,
  { state }: { readonly state?: string } = {},
): Promise<BenchDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-bench-'));
  try {
    mkdirSync(join(folder, 'jobs'));
    for (const [name, text] of Object.entries(jobs)) {
      writeFileSync(join(folder, 'jobs', `${name}.conf`), text);
    }
    const socket = join(folder, 'control');
    const begin = performance.now();
    const at = (name: string) => join(folder, name);
    const kept = ['--logdir', at('log'), '--state', state ?? at('state')];
    const places = ['--confdir', at('jobs'), ...kept];
    const program = join(import.meta.dirname, '../bin/domstartd');
    const child = spawn(program, [...places, '--socket', socket], { stdio: 'ignore' });
    const client = await connect(child, socket);
    const startMs = performance.now() - begin;
    return benchDaemon(child, client, { folder, startMs });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function connect(child: ChildProcess, path: string): Promise<ControlClient> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await connectToDaemon({ path });
    } catch (error) {
      if (child.exitCode === null && performance.now() < end) await sleep(5);
      else throw error;
    }
  }
}

function benchDaemon(
  child: ChildProcess,
  client: ControlClient,
  { folder, startMs }: { readonly folder: string; readonly startMs: number },
): BenchDaemon {
  const ask = async (request: Request) => {
    const items: Item[] = [];
    for await (const item of client.request(request)) items.push(item);
    return items;
  };
  return {
    pid: client.greeting.pid,
    folder,
    startMs,
    ask,
    async emit(event, env = []) {
      await ask({ verb: 'emit', event, env, wait: true });
    },
    async [Symbol.asyncDispose]() {
      client.close();
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
