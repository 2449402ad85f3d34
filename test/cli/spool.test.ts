import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';

const JOB = `task
console log
script
    echo "this is $NAME"
    case $NAME in slow*) sleep 600 ;; esac
    tr a-z A-Z <"$FILE" >"$OUTPUT/upper"
    case $NAME in bad*) exit 3 ;; esac
end script
`;

let rig: DaemonRig;

beforeEach(() => {
  rig = daemonRig();
  rig.file('up.conf', JOB);
  mkdirSync(at('in'), { recursive: true });
});

afterEach(() => rig[Symbol.asyncDispose]());

const at = (...names: string[]) => join(rig.folder, 'queue', ...names);
const names = (of: string) => readdirSync(at(of)).sort();
const ask = (...words: string[]) => rig.ask(['domstart', 'spool', ...words]);
const PATIENCE = { timeout: 60_000, interval: 50 };
const until = (is: () => boolean) => vi.waitUntil(is, PATIENCE);

function drop(name: string): void {
  rig.file(`queue/.${name}`, name);
  renameSync(at(`.${name}`), at('in', name));
}

describe('in the foreground', () => {
  test('what is there is run, told on standard output, and it ends', async () => {
    for (const name of ['a', 'bad', 'with blank\n']) writeFileSync(at('in', name), name);
    const { out, err, status } = await ask('queue', '--job', 'up.conf', '--drain');
    expect(out.split('\n').sort()).toEqual([
      '',
      expect.stringMatching(/^done {4}a {2}\d\.\d\d s$/),
      expect.stringMatching(/^done {4}with blank␊ {2}\d\.\d\d s$/),
      expect.stringMatching(/^failed {2}bad {2}\d\.\d\d s: it ended with status 3$/),
    ]);
    expect(err).toMatch(/^domstart: drop files into .*\/queue\/in$/m);
    expect(status).toBe(1);
    expect(readFileSync(at('done/a/output/upper'), 'utf8')).toBe('A');
    expect(readFileSync(at('done/a/console.log'), 'utf8')).toBe('this is a\n');
    expect(names('work')).toEqual([]);
    expect(readdirSync(join(rig.folder, 'runs'))).toEqual([]);
  });

  test('--json tells each file twice, as it is begun and its result', async () => {
    writeFileSync(at('in/a'), 'a');
    const { out, status } = await ask('queue', '--job', 'up.conf', '--drain', '--json');
    const told = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told).toEqual([
      { file: 'a', kind: 'begun', run: expect.any(String), attempt: 1 },
      {
        ...{ file: 'a', kind: 'over', run: told[0].run, outcome: 'done', status: 0 },
        ...{ ms: expect.any(Number), folder: at('done/a') },
      },
    ]);
    expect(status).toBe(0);
  });

  test('what is cut off by a stop is given back, and a second one for the same spool is refused', async () => {
    writeFileSync(at('in/slow'), 'x');
    const first = rig.start(['domstart', 'spool', 'queue', '--job', 'up.conf']);
    await until(() => names('in').length === 0 && existsSync(at('work')));
    const second = await ask('queue', '--job', 'up.conf');
    expect(second.status).toBe(69);
    expect(second.err).toMatch(/is served already|another/);
    first.child.kill('SIGTERM');
    const { status } = await first.finished;
    expect(status).toBe(143);
    expect(names('in')).toEqual(['slow']);
    expect(names('work')).toEqual([]);
  });

  test.each([
    [['queue'], 64, 'no job given: --job JOB.conf'],
    [['--job', 'up.conf'], 64, 'no spool given'],
    [['queue', '--job', 'none.conf'], 66, 'none.conf'],
    [['up.conf', '--job', 'up.conf'], 74, 'cannot use the spool up.conf'],
    [['queue', '--job', 'up.conf', '--limit', '0'], 64, 'no number from 1 on'],
  ])('%j is refused', async (words, wanted, message) => {
    const { err, status } = await ask(...words);
    expect(err).toContain(message);
    expect(status).toBe(wanted);
  });
});

describe('with a daemon', () => {
  test('status tells what runs, waits and why; cancel, retry, hold and release do what they say', async () => {
    rig.file('jobs/up.conf', `spool ../queue\nspool limit 1\n${JOB}`);
    const daemon = await rig.daemon();
    await until(() => existsSync(at('work')));
    drop('slow');
    await until(() => names('work').length === 1);
    drop('bad');
    writeFileSync(at('in/growing'), '');
    await vi.waitFor(async () => {
      const { out } = await ask('status', 'queue');
      expect(out).toMatch(/\(job up, 1 at once\)\n {2}2 waiting, 1 running, 0 done, 0 failed\n/);
      expect(out).toContain('why it waits: all 1 of its places are taken (`spool limit`)\n');
      expect(out).toMatch(/^ {2}runs {4}slow {2}\d+\.\d s \(\S+\)$/m);
    }, PATIENCE);
    expect((await ask('hold', 'queue', 'growing')).out).toBe('held growing\n');
    expect((await ask('cancel', 'queue', 'slow')).out).toBe('cancelled slow\n');
    await until(() => names('failed').length === 2);
    const reason = (name: string) =>
      JSON.parse(readFileSync(at('failed', name, 'run.json'), 'utf8')).reason;
    expect([reason('slow'), reason('bad')]).toEqual(['cancelled', 'it ended with status 3']);
    // A spool's console is its own file, and is read as every other while it runs.
    expect(readFileSync(at('failed/slow/console.log'), 'utf8')).toBe('this is slow\n');

    expect((await ask('hold', 'queue')).status).toBe(0);
    expect((await ask('retry', 'queue', 'bad')).out).toBe('retried bad\n');
    expect((await ask('cancel', 'queue', 'growing')).out).toBe('cancelled growing\n');
    await vi.waitFor(async () => {
      const { out } = await ask('status', 'queue', '--json');
      expect(JSON.parse(out)).toMatchObject({
        ...{ job: 'up', state: 'held', waiting: 1, running: [], done: 0, failed: 2, hold: 0 },
        why: 'it is on hold',
      });
    }, PATIENCE);
    expect((await ask('release', 'queue')).status).toBe(0);
    await until(() => names('failed').includes('bad'));
    expect((await stop(daemon)).status).toBe(0);
    const { out } = await ask('status', 'queue');
    expect(out).toContain('why it waits: nobody serves it');
  }, 300_000);

  test.each([
    [['retry', 'queue', 'none'], 64, 'no result none is in'],
    [['cancel', 'queue', 'none'], 64, 'no file none waits or runs in'],
    [['hold', 'queue', 'none'], 64, 'no file none waits in'],
    [['release', 'queue', '../x'], 64, '../x is no name of a file in a spool'],
    [['status', 'jobs'], 66, 'jobs is no spool: it has no folder `in`'],
  ])('%j is refused', async (words, wanted, message) => {
    const { err, status } = await ask(...words);
    expect(err).toContain(message);
    expect(status).toBe(wanted);
  });

  test('a daemon that was killed is followed by one that runs again what was cut off', async () => {
    rig.file('jobs/up.conf', `spool ../queue\n${JOB.replace('sleep 600', 'sleep 1')}`);
    const first = await rig.daemon();
    await until(() => existsSync(at('work')));
    drop('slow');
    await until(() => names('work').length === 1);
    first.child.kill('SIGKILL');
    await first.finished;
    const second = await rig.daemon();
    await until(() => names('done').length === 1);
    expect(JSON.parse(readFileSync(at('done/slow/run.json'), 'utf8')).attempt).toBe(2);
    expect((await stop(second)).status).toBe(0);
    const { out } = await rig.ask(['domstart', 'history']);
    expect(out).toMatch(/up \(\S+\).*ok/);
  }, 120_000);

  test('two jobs cannot have one spool, which is told', async () => {
    rig.file('jobs/a.conf', `spool ../queue\n${JOB}`);
    rig.file('jobs/b.conf', `spool ../queue\n${JOB}`);
    const daemon = await rig.daemon();
    const { err } = await stop(daemon);
    expect(err).toMatch(/queue is the spool of a: b does not get it/);
  });
});

test('cancel and retry lose no file, whether or not somebody serves the spool', async () => {
  mkdirSync(at('in'), { recursive: true });
  writeFileSync(at('in/x'), 'content');
  writeFileSync(at('in/x.done'), '');
  expect((await ask('cancel', 'queue', 'x')).out).toBe('cancelled x\n');
  expect(readFileSync(at('failed/x/file/x'), 'utf8')).toBe('content');
  expect([names('in'), names('work')]).toEqual([[], []]);
  // What its job has unpacked beside it is none of what was dropped.
  writeFileSync(at('failed/x/file/a'), 'not dropped');
  expect((await ask('retry', 'queue', 'x')).out).toBe('retried x\n');
  expect(readFileSync(at('in/x'), 'utf8')).toBe('content');
  // A result that cannot be handed over.
  rmSync(at('failed'), { recursive: true });
  writeFileSync(at('failed'), 'no folder');
  expect((await ask('cancel', 'queue', 'x')).status).toBe(74);
  expect(readFileSync(at('in/x'), 'utf8')).toBe('content');
});

test('`domstart run` of a job that has only a spool says who serves it', async () => {
  rig.file('s.conf', `spool queue\n${JOB}`);
  const { err, status } = await rig.ask(['domstart', 'run', 's.conf']);
  expect(err).toContain(
    'hint: a spool is served by the daemon, or `domstart spool DIR --job FILE`',
  );
  expect(status).toBe(64);
});
