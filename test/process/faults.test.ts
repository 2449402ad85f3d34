import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isAlive } from '../support/alive.ts';
import { exec, mainRig, script } from './main-rig.ts';

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name);

/** Who lives in a session. */
function membersOf(session: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isAlive(Number(name)))
    .filter((name) => sessionOf(name) === session)
    .map(Number);
}

function sessionOf(pid: string): number | undefined {
  try {
    return Number(/\) . \d+ \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]);
  } catch {
    return undefined;
  }
}

test('what forks for ever is killed whole', async () => {
  const { main } = mainRig(script("trap '' TERM\nwhile :; do sleep 1000 & sleep 0.01; done\n"));
  const { pid, ended } = await main.spawn();
  await expect.poll(() => membersOf(pid as number).length).toBeGreaterThan(5);
  main.terminate();
  expect(isAlive(pid as number)).toBe(true);
  main.kill();
  expect(await ended).toEqual({ kind: 'signalled', signal: 'KILL' });
  await main.cleanUp();
  await expect.poll(() => membersOf(pid as number)).toEqual([]);
});

test('what is followed and forks for ever is killed whole, whatever sessions it makes', async () => {
  const bomb = `if (!fork) { POSIX::setsid(); print "$$\n"; sleep 1000 }`;
  const { main, lines } = mainRig(
    exec(
      `perl -e 'use POSIX; $| = 1; exit 0 if fork; while () { ${bomb} select undef, undef, undef, 0.01 }'`,
    ),
    { fields: { expect: 'fork' } },
  );
  const { ended, expected } = await main.spawn();
  await expected;
  await expect.poll(() => lines().length).toBeGreaterThan(5);
  main.kill();
  expect(await ended).toEqual({ kind: 'signalled', signal: 'KILL' });
  // None of them is left, and the others that it made go without saying.
  const children = lines().slice(0, -1).map(Number);
  expect(children.filter(isAlive)).toEqual([]);
  expect(lines().at(-1)).toMatch(/^\d+$/);
});

test('a stopped job leaves no part of its group, one that ended by itself may', async () => {
  const spec = script("trap 'exit 0' TERM\n(trap '' TERM; echo $$; exec sleep 1000) &\nwait\n");
  const { main, lines } = mainRig(spec);
  const { pid, ended } = await main.spawn();
  await expect.poll(() => lines().length).toBe(1);
  await expect.poll(() => membersOf(pid as number)).toHaveLength(2);
  main.terminate();
  expect(await ended).toEqual({ kind: 'exited', status: 0 });
  expect(membersOf(pid as number)).toHaveLength(1);
  await main.cleanUp();
  await expect.poll(() => membersOf(pid as number)).toEqual([]);
});

test('kill signal 0 sends nothing', async () => {
  const { main } = mainRig(exec('sleep 1000'), { fields: { killSignal: 0 } });
  const { pid } = await main.spawn();
  main.terminate();
  expect(isAlive(pid as number)).toBe(true);
});

test('reload signals the main process alone', async () => {
  const { main, lines } = mainRig(
    script(
      "(trap 'echo child' USR1; while :; do sleep 0.01; done) &\n" +
        "trap 'echo main' USR1\necho ready\nwhile :; do sleep 0.01; done\n",
    ),
    { fields: { reloadSignal: 'USR1' } },
  );
  await main.spawn();
  await expect.poll(() => lines()).toEqual(['ready']);
  main.reload?.();
  main.reload?.();
  await expect.poll(() => lines()).toContain('main');
  expect(lines()).not.toContain('child');
});

test('a kill that comes while the helper starts is not lost', async () => {
  const { main } = mainRig(exec('sleep 1000'), { fields: { expect: 'fork' } });
  const spawned = main.spawn();
  main.kill();
  const { ended } = await spawned;
  expect(await ended).toEqual({ kind: 'signalled', signal: 'KILL' });
});

test('output without end is read without end, and a kill ends it', async () => {
  let bytes = 0;
  const { main } = mainRig(exec('yes'), {
    context: {
      log: {
        write(piece) {
          bytes += piece.length;
        },
      },
    },
  });
  const { ended } = await main.spawn();
  await expect.poll(() => bytes).toBeGreaterThan(1_000_000);
  main.kill();
  expect(await ended).toEqual({ kind: 'signalled', signal: 'KILL' });
});

test('where there are no descriptors left, that is said, and the next spawn works', () => {
  const { status, stdout, stderr } = spawnSync(
    'prlimit',
    ['--nofile=40:40', process.execPath, fixture('few-descriptors.ts')],
    { encoding: 'utf8' },
  );
  expect({ status, told: stdout.trim().split('\n') }).toEqual({
    status: 0,
    told: Array(4).fill('exited 0'),
  });
  const none = 'host-io: unable to fork: Too many open files';
  const [without, ...withFew] = stderr.trim().split('\n');
  expect(without).toBe(none);
  // A few may do.
  const others = withFew.flatMap((line) => line.split(', '));
  expect(others.filter((told) => told !== none && told !== 'exited 0')).toEqual([]);
});

test('kill -9 of ourselves leaves nothing of what is followed', async () => {
  const host = spawn(process.execPath, [fixture('daemon-host.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void host.kill('SIGKILL'));
  const [, daemon] = await wordsOf(host, 'expected');
  expect(isAlive(Number(daemon))).toBe(true);
  host.kill('SIGKILL');
  await expect.poll(() => isAlive(Number(daemon))).toBe(false);
});

/** What it says up to this word. */
function wordsOf({ stdout }: ChildProcess, last: string): Promise<string[]> {
  return new Promise((resolve) => {
    let text = '';
    stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.includes(last)) resolve(text.trim().split('\n'));
    });
  });
}
