import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type LogRig, logRig } from './log-rig.ts';

const told = ({ problems }: LogRig) =>
  problems.map(({ kind, error }) => ({ kind, message: error.message, hint: error.hint }));

describe('a log that cannot be written', () => {
  test('because there is a link in its place: it is not followed', async () => {
    await using rig = logRig();
    mkdirSync(rig.folder, { recursive: true });
    writeFileSync(rig.path('target'), '');
    symlinkSync(rig.path('target'), rig.path('web.log'));
    rig.write('web', 'one\n');
    rig.write('other', 'fine\n');
    await rig.logs.flush();
    rig.write('web', 'two\n');
    await rig.logs.flush();
    expect(told(rig)).toEqual([
      {
        kind: 'begun',
        message: `cannot write the log ${rig.path('web.log')}: there is a link in its place`,
        hint: expect.stringContaining('remove the link'),
      },
    ]);
    expect([rig.text('target'), rig.text('other.log')]).toEqual(['', 'fine\n']);
    unlinkSync(rig.path('web.log'));
    rig.clock.turn(16_000);
    await vi.waitFor(() => expect(rig.problems).toHaveLength(2), 20_000);
    expect(rig.problems[1]?.kind).toBe('over');
    expect(rig.text('web.log')).toBe('one\ntwo\n');
  });

  test('because a link came into its place while it was open', async () => {
    await using rig = logRig();
    rig.write('web', 'one\n');
    await rig.logs.flush();
    renameSync(rig.path('web.log'), rig.path('target'));
    symlinkSync(rig.path('target'), rig.path('web.log'));
    rig.write('web', 'two\n');
    await rig.logs.flush();
    expect(rig.text('target')).toBe('one\n');
    expect(told(rig)).toMatchObject([{ kind: 'begun' }]);
  });

  test.each([
    ['a folder', (path: string) => mkdirSync(path), rmdirSync],
    ['a FIFO', (path: string) => execFileSync('mkfifo', [path]), unlinkSync],
  ])('because %s is in its place', async (_, put, remove) => {
    await using rig = logRig();
    mkdirSync(rig.folder, { recursive: true });
    put(rig.path('web.log'));
    rig.write('web', 'one\n');
    await rig.logs.flush();
    expect(told(rig)).toMatchObject([
      { kind: 'begun', message: expect.stringContaining(`the log ${rig.path('web.log')}: `) },
    ]);
    remove(rig.path('web.log'));
    await rig.logs.flush();
    expect(rig.problems).toMatchObject([{ kind: 'begun' }, { kind: 'over' }]);
    expect(rig.text('web.log')).toBe('one\n');
  });

  test('because it cannot be rotated', async () => {
    await using rig = logRig({ maxBytes: 4, keep: 1 });
    mkdirSync(rig.path('web.log.1/something'), { recursive: true });
    rig.write('web', 'one\ntwo\n');
    await rig.logs.flush();
    expect(rig.text('web.log')).toBe('one\n');
    rmdirSync(rig.path('web.log.1/something'));
    rmdirSync(rig.path('web.log.1'));
    await rig.logs.flush();
    expect(rig.problems).toMatchObject([{ kind: 'begun' }, { kind: 'over' }]);
    expect([rig.text('web.log.1'), rig.text('web.log')]).toEqual(['one\n', 'two\n']);
  });
});

describe('a folder that cannot be used', () => {
  test('is told once for all jobs, tried again by the clock, and told when it is over', async () => {
    await using rig = logRig();
    mkdirSync(dirname(rig.folder));
    writeFileSync(rig.folder, 'no folder');
    for (let job = 0; job < 20; job += 1) rig.write(`job${job}`, `${job}\n`);
    rig.clock.turn(5);
    await vi.waitFor(() => expect(rig.problems).toHaveLength(1), 20_000);
    await rig.logs.flush();
    expect(told(rig)).toMatchObject([
      { kind: 'begun', message: expect.stringContaining(`cannot write the logs in ${rig.folder}`) },
    ]);
    unlinkSync(rig.folder);
    rig.write('job0', 'later\n');
    expect(rig.clock.armed).toBe(1);
    rig.clock.turn(1000);
    await vi.waitFor(() => expect(rig.problems).toHaveLength(2), 20_000);
    expect(rig.problems[1]).toMatchObject({ kind: 'over', error: rig.problems[0]?.error });
    expect(rig.text('job0.log')).toBe('0\nlater\n');
    expect(rig.text('job19.log')).toBe('19\n');
  });

  test('is tried more and more seldom, one job at a time', async () => {
    await using rig = logRig({ folder: '/proc/none/logs' });
    for (let job = 0; job < 20; job += 1) rig.write(`job${job}`, 'x\n');
    await rig.logs.flush();
    const waits: number[] = [];
    for (let seconds = 1; seconds <= 63; seconds += 1) {
      rig.clock.turn(1000);
      if (rig.clock.armed === 0) waits.push(seconds);
      await vi.waitFor(() => expect(rig.clock.armed).toBe(1), 20_000);
    }
    expect(waits).toEqual([1, 3, 7, 15, 31, 47, 63]);
    expect(rig.problems).toHaveLength(1);
  });

  test('holds no job back', async () => {
    await using rig = logRig({ folder: '/proc/none/logs', memoryEach: 1000 });
    const log = rig.logs.open('web', '');
    log.write(Buffer.alloc(900));
    // Whether it can be written is not known yet.
    const enough = log.pace();
    expect(enough).toBeInstanceOf(Promise);
    await rig.logs.flush();
    await enough;
    log.write(Buffer.alloc(900));
    expect(log.pace()).toBeUndefined();
  });

  test('holds a job back for a second at most where it does not answer', async () => {
    await using rig = logRig({ memoryEach: 1000 });
    const log = rig.logs.open('web', '');
    log.write(Buffer.alloc(900));
    const enough = log.pace();
    // The turn of the clock that has it written goes by without an answer of the disk.
    rig.clock.turn(1000);
    await enough;
    expect(log.pace()).toBeUndefined();
    await rig.logs.flush();
    log.write(Buffer.alloc(900));
    expect(log.pace()).toBeInstanceOf(Promise);
  });

  test('at the end: a disk that does not answer is waited for only until the signal', async () => {
    await using rig = logRig({ folder: '/proc/none/logs' });
    rig.write('web', 'one\n');
    await rig.logs.close({ signal: AbortSignal.abort() });
    expect(told(rig)).toMatchObject([
      { kind: 'discarded', message: expect.stringContaining('the disk does not answer') },
    ]);
    expect(rig.clock.armed).toBe(0);
  });

  test('at the end: what is discarded is told', async () => {
    await using rig = logRig({ folder: '/proc/none/logs' });
    rig.write('web', 'one\n');
    rig.write('other', 'two\n');
    await rig.logs.close();
    expect(rig.problems).toMatchObject([{ kind: 'begun' }, { kind: 'discarded', bytes: 8 }]);
    expect(rig.clock.armed).toBe(0);
  });
});

test('that the logs are lost in memory for a while is said in the log', async () => {
  await using rig = logRig({ memoryEach: 100 });
  mkdirSync(dirname(rig.folder));
  writeFileSync(rig.folder, 'no folder');
  for (let line = 0; line < 50; line += 1) rig.write('web', `line ${line}\n`);
  await rig.logs.flush();
  unlinkSync(rig.folder);
  await rig.logs.flush();
  const text = readFileSync(rig.path('web.log'), 'utf8');
  const [, lost, rest = ''] = /^\[(\d+) bytes lost: [^\]]*\]\n((?:line \d+\n)+)$/.exec(text) ?? [];
  const whole = Array.from({ length: 50 }, (_, line) => `line ${line}\n`).join('');
  expect(whole.slice(Number(lost))).toBe(rest);
  expect(rest.length).toBeGreaterThan(50);
});
