import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Figure, ratios } from '../figure.ts';

const run = promisify(execFile);

interface LegsOptions {
  readonly kind: 'chain' | 'crowd';
  readonly tasks: number;
  readonly runs: number;
  /** Seconds that are to be beaten. */
  readonly goal: number;
  /** Of the bare spawns. */
  readonly ratio?: number;
}

/**
 * Runs the legs (main.ts) in turn, forwards and then backwards, so that a machine whose speed drifts is
 * fair to all. What a spawn costs goes by the size of who does it (1 ms for every 30 MB), so ours are
 * compared with bare spawns of an empty Node, and with those of one that is made as large as ours.
 */
export async function measureLegs(options: LegsOptions): Promise<readonly Figure[]> {
  const { kind, tasks, runs, goal, ratio } = options;
  const seconds: Record<string, number[]> = {};
  let size = { engine: 0, daemon: 0 };
  const legs = ['bare', 'engine', 'daemon', 'bare as engine', 'bare as daemon'] as const;
  for (let at = -1; at < runs; at += 1) {
    console.error(at < 0 ? 'warming up' : `run ${at + 1} of ${runs}`);
    for (const leg of at % 2 === 0 ? legs : legs.toReversed()) {
      const [who = '', , as] = leg.split(' ');
      const wanted = as === 'engine' ? size.engine : as === 'daemon' ? size.daemon : 0;
      const { ms, megabytes } = await runLeg([`${who}-${kind}`, `${tasks}`, `${wanted}`]);
      if (who !== 'bare') size = { ...size, [who]: megabytes };
      seconds[leg] ??= [];
      if (at >= 0) seconds[leg].push(ms / 1000);
    }
  }
  const of = (leg: (typeof legs)[number]) => seconds[leg] ?? [];
  const compare = (name: string, ours: readonly number[], theirs: readonly number[]): Figure => ({
    ...{ name, unit: '', values: ratios(ours, theirs) },
    ...(ratio === undefined ? {} : { goal: ratio }),
  });
  return [
    { name: 'bare spawns', unit: 's', values: of('bare') },
    { name: 'embedded engine', unit: 's', values: of('engine'), goal },
    { name: 'domstartd', unit: 's', values: of('daemon'), goal },
    { name: 'its own memory: embedded engine', unit: 'MB', values: [size.engine] },
    { name: 'its own memory: domstartd', unit: 'MB', values: [size.daemon] },
    compare('embedded engine / bare', of('engine'), of('bare')),
    compare('domstartd / bare', of('daemon'), of('bare')),
    compare('embedded engine / bare, as large', of('engine'), of('bare as engine')),
    compare('domstartd / bare, as large', of('daemon'), of('bare as daemon')),
  ];
}

async function runLeg(words: readonly string[]) {
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = await run(process.execPath, [main, ...words]);
  return JSON.parse(stdout) as { readonly ms: number; readonly megabytes: number };
}
