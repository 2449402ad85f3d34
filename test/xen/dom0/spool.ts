import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DaemonTest, daemonTest } from '../support/daemon.ts';
import { hostState } from './xl.ts';

let it: DaemonTest;
let before: Record<string, string>;

beforeEach(async () => {
  before = await hostState();
  it = daemonTest();
  it.addJob('spooled.conf');
});

afterEach(() => it.remove());

const until = (is: () => boolean) => vi.waitUntil(is, { timeout: 120_000, interval: 200 });
const at = (...names: string[]) => join(it.jobs, 'queue', ...names);

function drop(name: string): void {
  writeFileSync(at(`.${name}`), `I am ${name}\n`);
  renameSync(at(`.${name}`), at('in', name));
}

const consoles = () => {
  const runs = existsSync(at('work')) ? readdirSync(at('work')) : [];
  return runs
    .map((run) => at('work', run, '1/console.log'))
    .map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''))
    .join('');
};

test('a file whose domain outlives its daemon is gone on with, and has one result', async () => {
  const first = await it.daemon();
  await until(() => existsSync(at('in')));
  drop('one');
  await until(() => consoles().includes('tick 3'));
  first.child.kill('SIGKILL');
  await first.closed;
  rmSync(join(it.folder, 'control'), { force: true });
  // It comes while nobody is there.
  drop('two');
  const second = await it.daemon();
  await until(() => existsSync(at('done/one')));
  const ticks = Array.from({ length: 20 }, (_, index) => `tick ${index + 1}\n`).join('');
  const told = (name: string) => JSON.parse(readFileSync(at('done', name, 'run.json'), 'utf8'));
  expect(told('one')).toMatchObject({ outcome: 'done', status: 0, attempt: 1 });
  // Each line once; but for the kernel's own.
  const console = readFileSync(at('done/one/console.log'), 'utf8').replace(/^\[.*\n/gm, '');
  expect(console).toBe(`${ticks}I am one\n`);
  expect(readFileSync(at('done/one/output/tmp/ticks'), 'utf8').trim().split('\n')).toHaveLength(20);
  expect(readFileSync(at('done/one/file/one'), 'utf8')).toBe('I am one\n');
  await until(() => existsSync(at('done/two')));
  expect(told('two')).toMatchObject({ outcome: 'done', attempt: 1 });
  await until(() => readdirSync(at('work')).length === 0);
  expect([readdirSync(at('done')), readdirSync(at('failed')), readdirSync(at('in'))]).toEqual([
    ['one', 'two'],
    [],
    [],
  ]);
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
}, 500_000);
