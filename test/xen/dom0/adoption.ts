import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DaemonTest, daemonTest } from '../support/daemon.ts';
import { hostState, xl } from './xl.ts';

let it: DaemonTest;
let folder: string;

beforeEach(() => {
  it = daemonTest();
  it.addJob('ticker.conf');
  folder = it.folder;
});

afterEach(() => it.remove());

const domstart = (...args: readonly string[]) => it.domstart(...args);
const daemon = () => it.daemon();
const until = (is: () => boolean) => vi.waitUntil(is, { timeout: 90_000, interval: 200 });
const log = () => {
  const file = join(folder, 'log/ticker.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

test('a daemon that was killed leaves its domain running, and the next one goes on with it', async () => {
  const before = await hostState();
  const first = await daemon();
  expect(await domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 2'));
  const domains = await xl('vm-list');
  first.child.kill('SIGKILL');
  await first.closed;
  // The socket of the dead one is not the next one's.
  rmSync(join(folder, 'control'), { force: true });
  await new Promise((resolve) => setTimeout(resolve, 4000));
  expect(await xl('vm-list')).toBe(domains);

  const second = await daemon();
  let status = '';
  while (!status.startsWith('ticker start/running')) {
    const asked = domstart('status', 'ticker');
    await asked.closed;
    status = asked.said.text;
  }
  // It has no process of its own here: what created it is gone.
  expect(status).toBe('ticker start/running\n');
  expect(await xl('vm-list')).toBe(domains);
  await until(() => second.said.text.includes('domain-exited'));
  expect(second.said.text).toMatch(
    /domain-exited JOB=ticker INSTANCE= REASON=poweroff EXIT_STATUS=7/,
  );
  await until(
    () => !existsSync(join(folder, 'runs')) || readdirSync(join(folder, 'runs')).length === 0,
  );
  // Every line once, also those that came while nobody was there.
  const ticks = Array.from({ length: 40 }, (_, index) => `tick ${index + 1}`);
  expect(
    log()
      .split('\n')
      .filter((line) => line.startsWith('tick')),
  ).toEqual(ticks);
  const handedBack = readFileSync(join(folder, 'out/ticker.out/tmp/ticks'), 'utf8');
  expect(handedBack.trim().split('\n')).toHaveLength(40);
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
  // In the journal it is one run, from the first daemon's start to the second one's end.
  const history = domstart('history', '--json');
  expect(await history.closed).toBe(0);
  const runs = history.said.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(runs).toEqual([
    expect.objectContaining({ run: 1, job: 'ticker', result: 'failed', exitStatus: 7 }),
  ]);
  expect(runs[0].endedAt - runs[0].startedAt).toBeGreaterThan(40_000);
});

test.each<[string, (conf: string) => void, RegExp]>([
  ['without its job', (conf) => rmSync(conf), /Unknown job: ticker/],
  [
    'with a job that runs no domain any more',
    (conf) => writeFileSync(conf, 'exec true\n'),
    /its job ticker runs no domain any more/,
  ],
])('what goes on %s is ended', async (_, change, why) => {
  const before = await hostState();
  const first = await daemon();
  expect(await domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 1'));
  first.child.kill('SIGKILL');
  await first.closed;
  rmSync(join(folder, 'control'), { force: true });
  change(join(it.jobs, 'ticker.conf'));
  const second = await daemon();
  // It serves before it looks for them.
  await until(() => second.said.text.includes('not gone on with'));
  expect(second.said.text).toMatch(/domain ticker-[0-9a-f]+ is ended, not gone on with/);
  expect(second.said.text).toMatch(why);
  await until(() => readdirSync(join(folder, 'runs')).length === 0);
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
});

test('what goes on and is destroyed by somebody else has failed by that', async () => {
  const before = await hostState();
  const first = await daemon();
  expect(await domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 1'));
  first.child.kill('SIGKILL');
  await first.closed;
  rmSync(join(folder, 'control'), { force: true });
  const second = await daemon();
  await until(() => second.said.text.includes('state changed from post-start to running'));
  const [, name = ''] = /^(ticker-\S+)/m.exec(await xl('list')) ?? [];
  await xl('destroy', name);
  await until(() => second.said.text.includes('was destroyed from outside'));
  expect(second.said.text).toMatch(/domain-exited JOB=ticker INSTANCE= REASON=destroyed/);
  await until(() => readdirSync(join(folder, 'runs')).length === 0);
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
});
