import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { findXenTools } from '../../../src/domain/xen/tools.ts';
import { type DaemonTest, daemonTest } from '../support/daemon.ts';
import { hostState, xl } from './xl.ts';

/**
 * A daemon is killed at a moment of a domain's life that lasts no longer than a call of xl. In the
 * place of xl stands a script that kills it, once, just there, and else is the real xl.
 */
const PLACE = findXenTools().xl;
const REAL = join(dirname(PLACE), 'real/xl');

/** For the script: of which call, whether before or after it, and whom to kill. */
const MOMENT = '/tmp/xl-moment';

const SCRIPT = `#!/bin/bash
if read -r verb when pid 2>/dev/null <${MOMENT} && [ "$1" = "$verb" ]; then
  rm ${MOMENT}
  [ $when = after ] && ${REAL} "$@"
  kill -9 $pid
  exit 1
fi
exec ${REAL} "$@"
`;

let it: DaemonTest;
/** Of this test, to be ended whatever comes of it. */
let daemons: Awaited<ReturnType<DaemonTest['daemon']>>[];
let before: Record<string, string>;

beforeAll(() => {
  mkdirSync(dirname(REAL));
  renameSync(PLACE, REAL);
  writeFileSync(PLACE, SCRIPT);
  chmodSync(PLACE, 0o755);
});

afterAll(() => {
  renameSync(REAL, PLACE);
  rmSync(dirname(REAL), { recursive: true });
});

beforeEach(async () => {
  before = await hostState();
  it = daemonTest();
  daemons = [];
  it.addJob('brief.conf');
});

afterEach(async () => {
  rmSync(MOMENT, { force: true });
  for (const { child, closed } of daemons) {
    child.kill('SIGTERM');
    await closed;
  }
  it.remove();
});

async function startDaemon() {
  const daemon = await it.daemon();
  daemons.push(daemon);
  return daemon;
}

const runs = () =>
  existsSync(join(it.folder, 'runs')) ? readdirSync(join(it.folder, 'runs')) : [];
const ticks = () => {
  const file = join(it.folder, 'log/brief.log');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return lines.filter((line) => line.startsWith('tick'));
};
const until = (is: () => boolean | Promise<boolean>) =>
  vi.waitUntil(is, { timeout: 90_000, interval: 200 });

/** Starts the job, and kills its daemon when `dies` says so. */
async function killed(kill: (pid: number) => Promise<void> | void): Promise<void> {
  const first = await startDaemon();
  const going = it.domstart('emit', '--no-wait', 'go');
  await kill(first.child.pid ?? 0);
  expect(await going.closed).toBe(0);
  await first.closed;
  rmSync(join(it.folder, 'control'), { force: true });
}

const atCall = (verb: string, when: 'before' | 'after') => (pid: number) =>
  writeFileSync(MOMENT, `${verb} ${when} ${pid}\n`);

/** What the next daemon says until nothing is left of the run; also what it leaves at its own end. */
async function nextDaemon(): Promise<string> {
  const second = await startDaemon();
  const { said } = second;
  await until(async () => runs().length === 0 && (await xl('vm-list')) === before['domains']);
  second.child.kill('SIGTERM');
  expect(await second.closed).toBe(0);
  expect(await hostState()).toEqual(before);
  return said.text;
}

const WHOLE = ['tick 1', 'tick 2', 'tick 3', 'tick 4', 'tick 5'];

describe('a daemon that is killed, and the next one', { timeout: 300_000 }, () => {
  test('before there is a domain: nothing is left', async () => {
    await killed(atCall('create', 'before'));
    expect(runs()).toHaveLength(1);
    await nextDaemon();
    expect(ticks()).toEqual([]);
  });

  test('while xl creates a domain: nothing is left', async () => {
    await killed(async (pid) => {
      await until(async () => (await xl('vm-list')) !== before['domains']);
      const creator = creatorOf();
      process.kill(creator, 'SIGSTOP');
      process.kill(pid, 'SIGKILL');
    });
    const text = await nextDaemon();
    expect(text).not.toContain('domain-exited');
  });

  test.each<[string, string, 'before' | 'after']>([
    ['while its domain waits to be started', 'unpause', 'before'],
    ['when its domain has just been started', 'unpause', 'after'],
    ['when its domain has ended', 'destroy', 'before'],
  ])('%s: it is gone on with to its end', async (_, verb, when) => {
    await killed(atCall(verb, when));
    const text = await nextDaemon();
    expect(text).toMatch(/domain-exited JOB=brief INSTANCE= REASON=poweroff EXIT_STATUS=7/);
    expect(ticks()).toEqual(WHOLE);
    const handedBack = readFileSync(join(it.folder, 'out/brief.out/tmp/ticks'), 'utf8');
    expect(handedBack).toBe('1\n2\n3\n4\n5\n');
  });

  test('when its domain is destroyed: nothing is left', async () => {
    await killed(atCall('destroy', 'after'));
    expect(runs()).toHaveLength(1);
    await nextDaemon();
    expect(ticks()).toEqual(WHOLE);
  });
});

/** The xl that creates a domain. */
function creatorOf(): number {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('xl\0create\0');
      } catch {
        return false;
      }
    });
  if (pid === undefined) throw new Error('no xl creates a domain');
  return Number(pid);
}
