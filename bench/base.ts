import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { obtainBase } from '../src/image/base/base.ts';
import { type Report, ratios } from './figure.ts';

const SUITE = 'bookworm';

/**
 * The first base of an empty cache against mmdebstrap by itself, in turn. Goal: at most 1.05 of it. And
 * that base asked for again, with the look for news.
 */
export async function base(runs: number): Promise<Report> {
  const bare: number[] = [];
  const ours: number[] = [];
  const again: number[] = [];
  for (let run = 0; run < runs; run++) {
    console.error(`run ${run + 1} of ${runs}`);
    const folder = await mkdtemp(join(tmpdir(), 'domstart-bench-'));
    try {
      bare.push(await seconds(() => runBare(join(folder, 'bare.tar'))));
      ours.push(await seconds(() => obtain(join(folder, 'cache'))));
      again.push(await seconds(() => obtain(join(folder, 'cache'))));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return {
    figures: [
      { name: `mmdebstrap --variant=minbase ${SUITE}`, unit: 's', values: bare },
      { name: 'the first base', unit: 's', values: ours },
      { name: 'to mmdebstrap', unit: '', values: ratios(ours, bare), goal: 1.05 },
      { name: 'again, with the look for news', unit: 's', values: again },
    ],
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

async function runBare(tar: string): Promise<void> {
  await promisify(execFile)('mmdebstrap', ['--variant=minbase', SUITE, tar]);
}

async function obtain(cache: string): Promise<void> {
  using _base = await obtainBase({
    ...{ cache, mayFetch: true, signal: new AbortController().signal, onProgress: () => {} },
    source: { kind: 'debootstrap', suite: SUITE },
  });
}
