import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hostState, xl } from './xl.ts';

const root = process.env['DOMSTART_TEST_ROOT'] ?? '';

let folder: string;
const jobs = () => join(folder, 'jobs');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  mkdirSync(jobs());
  copyFileSync(join(root, 'test/xen/jobs/ticker.conf'), join(jobs(), 'ticker.conf'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function domstart(...args: readonly string[]) {
  const env = {
    ...process.env,
    DOMSTART_RUN: join(folder, 'runs'),
    DOMSTART_STATE: join(folder, 'state'),
    DOMSTART_SOCKET: join(folder, 'control'),
  };
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    ...{ cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.text += text;
    });
  }
  const closed = once(child, 'close').then(([status]) => status as number | null);
  return { child, said, closed };
}

async function daemon() {
  const options = ['--confdir', jobs(), '--logdir', join(folder, 'log')];
  const outputs = ['--outputdir', join(folder, 'out')];
  const it = domstart(
    'daemon',
    ...options,
    ...outputs,
    '--no-startup-event',
    '--log-priority',
    'info',
  );
  await until(() => existsSync(join(folder, 'control')));
  return it;
}

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
});

test('what goes on without its job is ended', async () => {
  const before = await hostState();
  const first = await daemon();
  expect(await domstart('emit', '--no-wait', 'go').closed).toBe(0);
  await until(() => log().includes('tick 1'));
  first.child.kill('SIGKILL');
  await first.closed;
  rmSync(join(folder, 'control'), { force: true });
  writeFileSync(join(jobs(), 'ticker.conf'), 'exec true\n');
  rmSync(join(jobs(), 'ticker.conf'));
  const second = await daemon();
  expect(second.said.text).toMatch(
    /domain ticker-[0-9a-f]+ is ended, not gone on with: Unknown job: ticker/,
  );
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
});
