import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { daemonTest } from '../support/daemon.ts';
import { hostState, xl } from './xl.ts';

/** A figure of docs/xen.md: a start from the pool against a cold one. `npm run test:xen pool-figures`. */
test('from the pool against cold', async () => {
  const before = await hostState();
  const it = daemonTest();
  it.addJob('pooled.conf');
  const conf = join(it.jobs, 'pooled.conf');
  const pooled = readFileSync(conf, 'utf8').replace(/^output.*\n/m, '');
  writeFileSync(join(it.jobs, 'pooled.conf'), pooled.replace('domain pool 2', 'domain pool 1'));
  const cold = pooled.replace(/^domain pool.*\n/m, '').replace('start on go', 'start on cold');
  writeFileSync(join(it.jobs, 'cold.conf'), cold);
  writeFileSync(join(it.folder, 'one'), 'this');
  const daemon = await it.daemon();

  async function life(event: string): Promise<number> {
    await vi.waitUntil(async () => /^pooled-\S+ .*--p---/m.test(await xl('list')), {
      ...{ timeout: 90_000, interval: 500 },
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const begin = performance.now();
    await it.domstart('emit', event, 'N=7', `FILE=${join(it.folder, 'one')}`).closed;
    return (performance.now() - begin) / 1000;
  }

  const [colds, pools]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round += 1) {
    colds.push(await life('cold'));
    pools.push(await life('go'));
  }
  const middle = (times: number[]) => times.toSorted((a, b) => a - b)[2]?.toFixed(2);
  const status = readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8');
  console.log(`cold ${middle(colds)} s, from the pool ${middle(pools)} s`);
  console.log(`the daemon in Dom0: ${status.match(/VmRSS.*|RssAnon.*/g)?.join(', ')}`);
  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  it.remove();
  expect(await hostState()).toEqual(before);
}, 600_000);
