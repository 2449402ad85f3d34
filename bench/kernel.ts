import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOptimisedKernel } from '../src/host/kernel-build/optimised-kernel.ts';
import { cacheFolder } from '../src/host/paths.ts';
import { type Report, ratios } from './figure.ts';
import { type JobRun, runJob } from './run-job.ts';

const JOB = 'jobs/rc-noklus.conf';

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
    const stock: JobRun[] = [];
    const optimised: JobRun[] = [];
    for (let run = -1; run < runs; run++) {
      console.error(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
      const pair = [await runJob(JOB), await runJob(job)] as const;
      if (run < 0) continue;
      stock.push(pair[0]);
      optimised.push(pair[1]);
    }
    return report(stock, optimised, built.version);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const PARTS = { life: 'ms', boot: 'ms', memory: 'MB' } as const;
const GOALS: Readonly<Partial<Record<keyof JobRun, number>>> = { life: 0.6, memory: 0.5 };

function report(stock: readonly JobRun[], optimised: readonly JobRun[], version: string): Report {
  const figures = (Object.keys(PARTS) as (keyof JobRun)[]).flatMap((part) => {
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
