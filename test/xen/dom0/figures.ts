import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Engine } from '../../../src/index.ts';
import { daemonTest } from '../support/daemon.ts';
import { hostState } from './xl.ts';

/** The figures of docs/xen.md. They take minutes and assert little: `npm run test:xen figures`. */

const root = process.env['DOMSTART_TEST_ROOT'] ?? '';

/** Of a guest with a disk that is not more than its kernel: GRUB ticks for three seconds and halts. */
const small = (disk: string) => `
task
instance $N
image from disk ${disk}
domain kernel /guest/hello-pv
domain memory 32
`;

/** One that is up takes no processor, and leaves Dom0's to the next. */
const LONG = `
start on go
task
instance $N
image from busybox
domain memory 80
guest long
    script
        echo it is up
        exec sleep 1000
    end script
end guest
`;

let folder: string;
let engine: Engine;
let before: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  const { createEngine, loadJobs }: typeof import('../../../src/index.ts') = await import(
    join(root, 'dist/index.js')
  );
  engine = createEngine({ runs: join(folder, 'runs') });
  for (const job of await loadJobs(join(root, 'jobs/rc-noklus.conf'))) engine.define(job);
  const disk = join(folder, 'small.img');
  await writeFile(disk, Buffer.alloc(1024 * 1024));
  engine.define({ name: 'small', text: small(disk) });
  before = await hostState();
});

afterAll(async () => {
  await engine.close();
  expect(await readdir(join(folder, 'runs'))).toEqual([]);
  await rm(folder, { recursive: true });
}, 60_000);

async function life(atFirstLine: () => Promise<void> = async () => {}): Promise<number> {
  const begin = performance.now();
  const run = await engine.start('rc-noklus', { variables: { FILE: 'load.sh' } });
  for await (const line of run.console) {
    expect(line).toBe('rc-noklus 1');
    break;
  }
  await atFirstLine();
  expect((await run.result).status).toBe(0);
  return (performance.now() - begin) / 1000;
}

/** The same domain as Domstart makes, created and waited for by hand. */
async function bare(config: string): Promise<number> {
  const begin = performance.now();
  await promisify(execFile)('xl', ['create', '-F', config]);
  return (performance.now() - begin) / 1000;
}

/** Keeps what a running domain was made of, with xl's own way of ending it. */
async function keepConfig(): Promise<string> {
  const [run = ''] = await readdir(join(folder, 'runs'));
  const path = join(folder, 'runs', run, 'xl.cfg');
  const text = await readFile(path, 'utf8');
  const [, ramdisk = ''] = /^ramdisk = "(.*)"$/m.exec(text) ?? [];
  await copyFile(ramdisk, join(folder, 'initrd'));
  const kept = text
    .replace(ramdisk, join(folder, 'initrd'))
    .replaceAll('"preserve"', '"destroy"')
    .replace(/^uuid.*\n/m, '')
    .replace(/^name.*$/m, 'name = "bare"');
  await writeFile(join(folder, 'bare.cfg'), kept);
  return join(folder, 'bare.cfg');
}

const middle = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const show = (values: readonly number[]) => values.map((one) => one.toFixed(2)).join(' ');

test('a whole life, against `xl create` and wait', async () => {
  let config = '';
  const first = await life(async () => {
    config = await keepConfig();
  });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    theirs.push(await bare(config));
    ours.push(await life());
  }
  const ratio = middle(ours) / middle(theirs);
  console.log(`first ${first.toFixed(2)}; bare ${show(theirs)}; ours ${show(ours)}`);
  console.log(`ours / bare = ${ratio.toFixed(3)}`);
  expect(await hostState()).toEqual(before);
}, 400_000);

const runSmall = async (number: number) => {
  const run = await engine.start('small', { variables: { N: String(number) } });
  return run.result;
};

test('20 one after the other leave nothing', async () => {
  const begin = performance.now();
  for (let number = 0; number < 20; number += 1) {
    expect((await runSmall(number)).result).toBe('ok');
  }
  console.log(`20 in a row: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  expect(await hostState()).toEqual(before);
}, 400_000);

test('8 at once leave nothing', async () => {
  const begin = performance.now();
  const runs = await Promise.all(Array.from({ length: 8 }, (_, number) => runSmall(number)));
  expect(runs.map(({ result }) => result)).toEqual(Array(8).fill('ok'));
  console.log(`8 at once: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  expect(await hostState()).toEqual(before);
}, 400_000);

/** MB. `Pss` shares out what several processes have in common. */
function memoryOf(pid: number, field: 'Rss' | 'Pss'): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
}

function childrenOf(parent: number): number[] {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

test('the memory of a daemon in Dom0, idle and with 8 domains', async () => {
  const it = daemonTest();
  writeFileSync(join(it.jobs, 'long.conf'), LONG);
  const daemon = await it.daemon();
  const pid = daemon.child.pid ?? 0;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const idle = memoryOf(pid, 'Rss');
  for (let number = 0; number < 8; number += 1) {
    await it.domstart('emit', '--no-wait', 'go', `N=${number}`).closed;
    const log = join(it.folder, 'log', `long-${number}.log`);
    const isUp = () => existsSync(log) && readFileSync(log, 'utf8').includes('it is up');
    await vi.waitUntil(isUp, { timeout: 60_000, interval: 500 });
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const helpers = childrenOf(pid).map((child) => memoryOf(child, 'Pss'));
  const all = helpers.reduce((sum, one) => sum + one, 0);
  console.log(
    `the daemon: idle ${idle.toFixed(1)} MB, with 8 domains ${memoryOf(pid, 'Rss').toFixed(1)} MB`,
  );
  console.log(
    `its ${helpers.length} helpers: ${all.toFixed(1)} MB, ${(all / 8).toFixed(1)} a domain`,
  );
  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  it.remove();
  expect(await hostState()).toEqual(before);
}, 600_000);
