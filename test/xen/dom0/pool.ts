import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type DaemonTest, daemonTest } from '../support/daemon.ts';
import { hostState, xl } from './xl.ts';

let it: DaemonTest;
let before: Record<string, string>;

beforeEach(async () => {
  before = await hostState();
  it = daemonTest();
  it.addJob('pooled.conf');
  writeFileSync(join(it.folder, 'one'), 'this');
});

afterEach(() => it.remove());

/** Those that were created and have never run. */
async function waiting(): Promise<string[]> {
  const rows = (await xl('list')).split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([name = '', , , , state, time]) => {
      return /^pooled-[0-9a-f]{8}$/.test(name) && state === '--p---' && time === '0.0';
    })
    .map(([name = '']) => name);
}

const untilFull = () =>
  vi.waitUntil(async () => (await waiting()).length === 2, { timeout: 90_000, interval: 500 });

async function run(number: number): Promise<string> {
  const file = join(it.folder, 'one');
  await it.domstart('emit', 'go', `N=${number}`, `FILE=${file}`).closed;
  return readFileSync(join(it.folder, `log/pooled-${number}.log`), 'utf8');
}

test('a run goes on in a domain that waited, with all that is its own; the pool fills up, and leaves nothing', async () => {
  const daemon = await it.daemon();
  await untilFull();
  const ready = await waiting();
  const runs = readdirSync(join(it.folder, 'runs'));
  expect(await run(7)).toContain('given this to 7\n');
  expect(await run(7)).not.toContain('domstart:');
  expect(daemon.said.text).toMatch(/REASON=poweroff EXIT_STATUS=7 OUTPUT=/);
  expect(readFileSync(join(it.folder, 'out/pooled-7.out/tmp/answer'), 'utf8')).toBe('answer 7\n');
  await untilFull();
  const later = await waiting();
  // One of the two was taken, and another one made.
  expect(later.filter((name) => ready.includes(name)).length).toBeLessThan(2);
  expect(runs).toHaveLength(2);

  // One that somebody has ended is not missed: there are others.
  for (const name of later) await xl('destroy', name);
  expect(await run(3)).toContain('given this to 3\n');

  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  expect(readdirSync(join(it.folder, 'runs'))).toEqual([]);
  expect(await hostState()).toEqual(before);
}, 300_000);

test('one whose name somebody else has fails by that, and its domain goes', async () => {
  const config = join(it.folder, 'theirs.cfg');
  const lines = ['name="pooled-9"', 'type="pv"', 'kernel="/guest/hello-pv"', 'memory=32', ''];
  writeFileSync(config, lines.join('\n'));
  await xl('create', '-p', config);
  const daemon = await it.daemon();
  await untilFull();
  const file = join(it.folder, 'one');
  const emit = it.domstart('emit', 'go', 'N=9', `FILE=${file}`);
  expect(await emit.closed).toBe(1);
  expect(daemon.said.text).toMatch(/pooled-9.*(name|exists)/);
  await untilFull();
  // The two that wait, and no third.
  expect(readdirSync(join(it.folder, 'runs'))).toHaveLength(2);
  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  await xl('destroy', 'pooled-9');
  expect(await hostState()).toEqual(before);
}, 300_000);

test('a daemon that was killed leaves its pool, and the next one removes it', async () => {
  const first = await it.daemon();
  await untilFull();
  const left = await waiting();
  first.child.kill('SIGKILL');
  await first.closed;
  rmSync(join(it.folder, 'control'), { force: true });
  const second = await it.daemon();
  await untilFull();
  expect((await waiting()).filter((name) => left.includes(name))).toEqual([]);

  // A job that wants none any more has none.
  const conf = join(it.jobs, 'pooled.conf');
  writeFileSync(conf, readFileSync(conf, 'utf8').replace(/^domain pool.*\n/m, ''));
  await vi.waitUntil(async () => (await waiting()).length === 0, {
    timeout: 60_000,
    interval: 500,
  });
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
}, 300_000);

test('one that has failed stays, and a shell in it reads what is typed', async () => {
  const conf = join(it.jobs, 'pooled.conf');
  writeFileSync(conf, `${readFileSync(conf, 'utf8')}domain keep-on-failure 300\n`);
  const daemon = await it.daemon();
  await untilFull();
  const file = join(it.folder, 'one');
  await it.domstart('emit', '--no-wait', 'go', 'N=5', `FILE=${file}`).closed;
  const isKept = async () => {
    const { said, closed } = it.domstart('domain', 'list', '--json');
    await closed;
    return said.text.includes('"state":"kept"');
  };
  await vi.waitUntil(isKept, { timeout: 60_000, interval: 500 });
  const looking = it.typing('cat /tmp/answer /etc/given\nexit\n', 'domain', 'console', 'pooled-5');
  expect(await looking.closed).toBe(0);
  expect(looking.said.text).toMatch(/^given this to 5\nanswer 5\nthis/m);
  await vi.waitUntil(() => daemon.said.text.includes('EXIT_STATUS=5'), { timeout: 30_000 });
  daemon.child.kill('SIGTERM');
  expect(await daemon.closed).toBe(0);
  expect(await hostState()).toEqual(before);
}, 300_000);
