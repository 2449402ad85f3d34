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
  /** Of the same spawns by nothing but Node. */
  readonly ratio?: number;
}

/** `none` throws the output of the programs away, `log` reads it (and the daemon keeps it). */
const CONSOLES = ['none', 'log'] as const;
const WHO = ['bare', 'engine', 'daemon'] as const;

/**
 * Runs the legs (main.ts) in turn, forwards and then backwards, so that a machine whose speed drifts
 * is fair to all. Ours are compared with bare spawns that do the same with the output.
 */
export async function measureLegs(options: LegsOptions): Promise<readonly Figure[]> {
  const { kind, tasks, runs, goal, ratio } = options;
  const legs = CONSOLES.flatMap((console) => WHO.map((who) => `${who}-${kind}-${console}`));
  const seconds: Record<string, number[]> = Object.fromEntries(legs.map((leg) => [leg, []]));
  for (let at = -1; at < runs; at += 1) {
    console.error(at < 0 ? 'warming up' : `run ${at + 1} of ${runs}`);
    for (const leg of at % 2 === 0 ? legs : legs.toReversed()) {
      const ms = await runLeg(leg, tasks);
      if (at >= 0) seconds[leg]?.push(ms / 1000);
    }
  }
  return CONSOLES.flatMap((output) => {
    const of = (who: (typeof WHO)[number]) => seconds[`${who}-${kind}-${output}`] ?? [];
    const compare = (name: string, who: 'engine' | 'daemon'): Figure => ({
      ...{
        name: `${name} / bare, output ${output}`,
        unit: '',
        values: ratios(of(who), of('bare')),
      },
      ...(ratio === undefined ? {} : { goal: ratio }),
    });
    return [
      { name: `bare spawns, output ${output}`, unit: 's', values: of('bare') },
      { name: `embedded engine, console ${output}`, unit: 's', values: of('engine'), goal },
      { name: `domstartd, console ${output}`, unit: 's', values: of('daemon'), goal },
      compare('embedded engine', 'engine'),
      compare('domstartd', 'daemon'),
    ] as const;
  });
}

async function runLeg(leg: string, tasks: number): Promise<number> {
  const main = join(import.meta.dirname, 'main.ts');
  const { stdout } = await run(process.execPath, [main, leg, `${tasks}`]);
  return Number(stdout);
}
