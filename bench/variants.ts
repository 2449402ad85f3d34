import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Report } from './figure.ts';

interface Life {
  /** From the start of Node to its exit. */
  readonly seconds: number;
  /** MB in use in the guest when its job was done: MemTotal - MemAvailable. */
  readonly memory: number;
}

/**
 * The report's three guests: whole life, and memory in use in the guest. The report: minimal 5 s and
 * 15 MB; with a network less than 1 s and a couple of MB more; a full system 28 MB. The life of the
 * server is from the start to its page and to its end.
 */
export async function variants(runs: number): Promise<Report> {
  const names = ['rc-noklus', 'rc-noklus-net', 'serv1'] as const;
  const lives: Record<(typeof names)[number], Life[]> = {
    'rc-noklus': [],
    'rc-noklus-net': [],
    serv1: [],
  };
  for (let run = -1; run < runs; run++) {
    console.error(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
    for (const name of names) {
      const life = await (name === 'serv1' ? lifeOfServer() : lifeOf(name));
      if (run >= 0) lives[name].push(life);
    }
  }
  const seconds = (name: (typeof names)[number]) => lives[name].map((life) => life.seconds);
  const memory = (name: (typeof names)[number]) => lives[name].map((life) => life.memory);
  const extra = (of: typeof seconds) =>
    of('rc-noklus-net').map((value, at) => value - (of('rc-noklus')[at] ?? Number.NaN));
  return {
    notes: ['the report: 5 s and 15 MB; network < 1 s and a couple of MB; full system 28 MB'],
    figures: [
      { name: 'rc-noklus, whole life', unit: 's', values: seconds('rc-noklus'), goal: 5 },
      { name: 'rc-noklus, memory', unit: 'MB', values: memory('rc-noklus'), goal: 15 },
      { name: 'the network, whole life', unit: 's', values: extra(seconds), goal: 1 },
      { name: 'the network, memory', unit: 'MB', values: extra(memory), goal: 2 },
      { name: 'serv1, to its page and its end', unit: 's', values: seconds('serv1') },
      { name: 'serv1, memory', unit: 'MB', values: memory('serv1'), goal: 28 },
    ],
  };
}

async function lifeOf(name: string): Promise<Life> {
  const begin = performance.now();
  const { stdout } = await promisify(execFile)('./bin/domstart', [
    'run',
    `jobs/${name}.conf`,
    '--json',
  ]);
  return { seconds: since(begin), memory: memoryOf(stdout.split('\n')) };
}

async function lifeOfServer(): Promise<Life> {
  const port = await freePort();
  const begin = performance.now();
  const words = ['run', 'jobs/serv1.conf', '--json', '--emit', 'startup', `PORT=${port}`];
  const child = spawn('./bin/domstart', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (!line.includes('"domain-ready"') || !line.includes('"handling"')) continue;
    const page = await fetch(`http://127.0.0.1:${port}/`);
    if (!page.ok) throw new Error(`serv1 answered ${page.status}`);
    child.kill('SIGINT');
  }
  if (child.exitCode === null) await once(child, 'exit');
  return { seconds: since(begin), memory: memoryOf(lines) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function since(begin: number): number {
  return (performance.now() - begin) / 1000;
}

function memoryOf(lines: readonly string[]): number {
  const results = lines.filter((line) => line.startsWith('{"type":"result"'));
  const { facts } = JSON.parse(results[0] ?? '{}') as { facts?: { memoryUsed?: number } };
  return (facts?.memoryUsed ?? Number.NaN) / 1000;
}
