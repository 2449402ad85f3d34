import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOptimisedKernel } from '../src/host/kernel-build/optimised-kernel.ts';
import { cacheFolder } from '../src/host/paths.ts';
import { type Report, ratios } from './figure.ts';

const JOB = 'jobs/rc-noklus.conf';

interface Run {
  /** From the start of Node to its exit. */
  readonly life: number;
  readonly boot: number;
  /** MB in use in the guest: MemTotal - MemAvailable, as its init reads it. */
  readonly memory: number;
}

/**
 * The report's guest with the kernel of the distribution and with the optimised one, in turn: whole
 * life, the part of it that is booting, and memory in use. Goal: at most 0.6 of the time (1.1 s in
 * software emulation) and half of the memory. `domstart kernel build` first.
 */
export async function kernel(runs: number): Promise<Report> {
  const built = await findOptimisedKernel(cacheFolder());
  if (built === undefined) throw new Error('not built: run `domstart kernel build` first');
  const folder = await mkdtemp(join(tmpdir(), 'domstart-bench-'));
  try {
    const job = join(folder, 'rc-noklus.conf');
    await writeFile(job, `${await readFile(JOB, 'utf8')}\ndomain kernel optimised\n`);
    await cp('jobs/load.sh', join(folder, 'load.sh'));
    const stock: Run[] = [];
    const optimised: Run[] = [];
    for (let run = -1; run < runs; run++) {
      console.error(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
      const pair = [await runOnce(JOB), await runOnce(job)] as const;
      if (run < 0) continue;
      stock.push(pair[0]);
      optimised.push(pair[1]);
    }
    return report(stock, optimised, built.version);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOnce(job: string): Promise<Run> {
  const begin = performance.now();
  const { stdout } = await promisify(execFile)('./bin/domstart', ['run', job, '--json']);
  const life = performance.now() - begin;
  const lines = stdout.trim().split('\n');
  const result = lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'result');
  const { phases, facts } = result as {
    phases: readonly { phase: string; ms: number }[];
    facts: { memoryUsed: number };
  };
  const boot = phases.find(({ phase }) => phase === 'boot')?.ms ?? Number.NaN;
  return { life, boot, memory: facts.memoryUsed / 1000 };
}

const PARTS = { life: 'ms', boot: 'ms', memory: 'MB' } as const;
const GOALS: Readonly<Partial<Record<keyof Run, number>>> = { life: 0.6, memory: 0.5 };

function report(stock: readonly Run[], optimised: readonly Run[], version: string): Report {
  const figures = (Object.keys(PARTS) as (keyof Run)[]).flatMap((part) => {
    const [theirs, ours] = [stock, optimised].map((runs) => runs.map((run) => run[part]));
    const ratio = { name: `${part}: optimised / stock`, unit: '' as const };
    const goal = GOALS[part];
    return [
      { name: `${part}: stock`, unit: PARTS[part], values: theirs ?? [] },
      {
        ...{ name: `${part}: optimised`, unit: PARTS[part], values: ours ?? [] },
        ...(part === 'life' ? { goal: 1100 } : {}),
      },
      {
        ...{ ...ratio, values: ratios(ours ?? [], theirs ?? []) },
        ...(goal === undefined ? {} : { goal }),
      },
    ];
  });
  return { notes: [`optimised: ${version}`], figures };
}
