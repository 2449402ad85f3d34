import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { runCommand } from './command.ts';
import type { Report } from './figure.ts';
import { type JobRun, runJob } from './run-job.ts';

const PLAIN = 'jobs/rc-noklus.conf';
const NETWORK = 'jobs/rc-noklus-net.conf';
const SERVER = 'jobs/serv1.conf';

interface Round {
  readonly plain: JobRun;
  readonly network: JobRun;
  readonly server: JobRun & { readonly page: number };
}

/**
 * Whole life, Node's start included, and memory in use in the guest, of the report's three guests in
 * turn. Goals are the report's figures: 5 s and 15 MB, less than 1 s and 2 MB more with a network, and
 * for a full base 28 MB of memory and 300 MB of disk. The server's life is from its start until its
 * page was fetched and it was stopped; its image is made before.
 */
export async function variants(runs: number): Promise<Report> {
  const disk = await diskOf(SERVER);
  const rounds: Round[] = [];
  for (let run = -1; run < runs; run++) {
    console.error(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
    const plain = await runJob(PLAIN);
    const network = await runJob(NETWORK);
    const server = await runServer();
    if (run >= 0) rounds.push({ plain, network, server });
  }
  const of = (read: (round: Round) => number) => rounds.map(read);
  const more = (part: 'life' | 'memory') => of(({ plain, network }) => network[part] - plain[part]);
  const [ms, MB] = ['ms', 'MB'] as const;
  return {
    figures: [
      { name: 'rc-noklus: life', unit: ms, values: of(({ plain }) => plain.life), goal: 5000 },
      { name: 'rc-noklus: memory', unit: MB, values: of(({ plain }) => plain.memory), goal: 15 },
      { name: 'rc-noklus-net: life', unit: ms, values: of(({ network }) => network.life) },
      { name: 'rc-noklus-net: memory', unit: MB, values: of(({ network }) => network.memory) },
      { name: 'network: more life', unit: ms, values: more('life'), goal: 1000 },
      { name: 'network: more memory', unit: MB, values: more('memory'), goal: 2 },
      { name: 'serv1: until its page', unit: ms, values: of(({ server }) => server.page) },
      { name: 'serv1: life', unit: ms, values: of(({ server }) => server.life) },
      { name: 'serv1: memory', unit: MB, values: of(({ server }) => server.memory), goal: 28 },
      { name: 'serv1: disk', unit: MB, values: [disk], goal: 300 },
    ],
  };
}

async function runServer(): Promise<Round['server']> {
  const port = await freePort();
  const begin = performance.now();
  let page = Number.NaN;
  const run = await runJob(SERVER, {
    args: ['--emit', 'startup', `PORT=${port}`],
    async whenReady() {
      const signal = AbortSignal.timeout(30_000);
      const answer = await fetch(`http://127.0.0.1:${port}/`, { signal });
      const text = await answer.text();
      if (!answer.ok || text === '') throw new Error(`the page has status ${answer.status}`);
      page = performance.now() - begin;
    },
  });
  return { ...run, page };
}

/** MB that the image of a job takes on this host. It is made where it is not there. */
async function diskOf(job: string): Promise<number> {
  console.error(`the image of ${job}`);
  const build = ['image', 'build', '--no-refresh', '--json', job];
  const { disk } = JSON.parse(await runCommand('./bin/domstart', build)) as { disk: string };
  const { blocks } = await stat(disk);
  return (blocks * 512) / 1e6;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
