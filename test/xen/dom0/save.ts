import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DaemonTest, daemonTest } from '../support/daemon.ts';
import { hostState, xl } from './xl.ts';

let it: DaemonTest;
let before: Record<string, string>;

beforeEach(async () => {
  before = await hostState();
  it = daemonTest();
  it.addJob('ticker.conf');
});

afterEach(() => it.remove());

const until = (is: () => boolean) => vi.waitUntil(is, { timeout: 90_000, interval: 200 });
const log = () => {
  const file = join(it.folder, 'log/ticker.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const ticks = () =>
  log()
    .split('\n')
    .filter((line) => line.startsWith('tick'));

async function ask(...words: string[]): Promise<{ status: number | null; text: string }> {
  const { closed, said } = it.domstart('domain', ...words);
  return { status: await closed, text: said.text };
}

async function runs(): Promise<string> {
  const { text } = await ask('list', '--json');
  return JSON.parse(text.split('\n')[0] ?? '{}').id;
}

test('a domain is saved, its job is stopped, and it goes on as if nothing had been', async () => {
  const first = await it.daemon();
  expect(await it.domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 2'));
  const saved = join(it.folder, 'saved');
  mkdirSync(saved);
  expect(await ask('save', await runs(), saved)).toMatchObject({
    status: 74,
    text: expect.stringContaining('it is there already'),
  });
  rmSync(saved, { recursive: true });
  // What cannot be written leaves the domain as it is, and nothing else.
  expect((await ask('save', await runs(), '/proc/no')).status).toBe(74);
  // Nor does it matter whether it was this daemon that created it.
  first.child.kill('SIGKILL');
  await first.closed;
  rmSync(join(it.folder, 'control'), { force: true });
  const daemon = await it.daemon();
  await until(() => daemon.said.text.includes('state changed from post-start to running'));
  expect(await ask('save', await runs(), saved)).toMatchObject({ status: 0 });
  await until(() => daemon.said.text.includes('REASON=saved'));
  expect(daemon.said.text).not.toMatch(/RESULT=failed/);
  expect(readdirSync(saved).sort()).toEqual(['files', 'memory', 'saved.json']);
  await until(() => readdirSync(join(it.folder, 'runs')).length === 0);
  expect(await hostState()).toEqual(before);
  const seen = ticks().length;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  expect(ticks()).toHaveLength(seen);

  // Another daemon can do it as well.
  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  const second = await it.daemon();
  expect(await ask('restore', '--keep', saved)).toMatchObject({ status: 0 });
  expect((await ask('restore', saved)).text).toMatch(/Job is already running: ticker/);
  await until(() => second.said.text.includes('domain-exited'));
  expect(second.said.text).toMatch(
    /domain-exited JOB=ticker INSTANCE= REASON=poweroff EXIT_STATUS=7/,
  );
  expect(ticks()).toEqual(Array.from({ length: 40 }, (_, index) => `tick ${index + 1}`));
  const handedBack = readFileSync(join(it.folder, 'out/ticker.out/tmp/ticks'), 'utf8');
  expect(handedBack.trim().split('\n')).toHaveLength(40);
  await until(() => readdirSync(join(it.folder, 'runs')).length === 0);

  const conf = join(it.jobs, 'ticker.conf');
  writeFileSync(conf, `${readFileSync(conf, 'utf8')}domain memory 128\n`);
  await vi.waitFor(
    async () => {
      expect(await ask('restore', saved)).toMatchObject({
        status: 65,
        text: expect.stringContaining('asks for another domain than when it was saved'),
      });
    },
    { timeout: 30_000 },
  );
  expect(await ask('restore', it.folder)).toMatchObject({ status: 66 });
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
}, 400_000);

test('a domain that moves to another host goes on there, and its job is stopped here', async () => {
  const daemon = await it.daemon();
  const conf = join(it.jobs, 'ticker.conf');
  // Its disk would not be there.
  const text = readFileSync(conf, 'utf8').replace(/^output.*\n/m, '');
  writeFileSync(conf, text);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await it.domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 2'));
  // Under this emulator Xen cannot follow what a PV guest writes; it goes on.
  const refused = await ask('migrate', await runs(), '--ssh', '', 'xl migrate-receive');
  expect(refused).toMatchObject({ status: 69, text: expect.stringContaining('domain type pvh') });
  const still = ticks().length;
  await until(() => ticks().length > still + 1);
  expect((await ask('destroy', await runs())).status).toBe(0);
  await until(() => readdirSync(join(it.folder, 'runs')).length === 0);

  writeFileSync(conf, `${text}domain type pvh\n`);
  rmSync(join(it.folder, 'log/ticker.log'));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await it.domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 2'));
  const id = await runs();
  expect((await ask('migrate', id, '--ssh', '', 'exit 1')).status).toBe(125);
  const seen = ticks().length;
  await until(() => ticks().length > seen + 1);
  // This machine is the other host.
  expect(await ask('migrate', id, '--ssh', '', 'xl migrate-receive')).toMatchObject({ status: 0 });
  await until(() => daemon.said.text.includes('REASON=migrated'));
  await until(() => readdirSync(join(it.folder, 'runs')).length === 0);
  expect(await xl('list', id)).toMatch(/^ticker-/m);
  await xl('destroy', id);
  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  expect(await hostState()).toEqual(before);
}, 300_000);
