import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../support/system-clock.ts';
import { logRig } from './log-rig.ts';

/** Descriptors of this process on files of that folder. */
function openIn(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

describe('what a job writes', () => {
  test('comes into its file a few milliseconds later, without anybody asking', async () => {
    await using rig = logRig({ clock: systemClock });
    rig.write('web', 'hello\r\n');
    expect(existsSync(rig.folder)).toBe(false);
    await vi.waitFor(() => expect(rig.text('web.log')).toBe('hello\r\n'), 20_000);
  });

  test('is kept as it is, with its file and folder made when there is something', async () => {
    await using rig = logRig();
    const log = rig.logs.open('net/web', 'a/b');
    await rig.logs.flush();
    expect(existsSync(rig.folder)).toBe(false);
    const raw = Buffer.from([0x1b, 0x5b, 0x31, 0x6d, 0xff, 0x00, 0x0d, 0x0a]);
    log.write(raw);
    log.write(Buffer.alloc(0));
    await rig.logs.flush();
    expect(readFileSync(rig.path('net_web-a_b.log'))).toEqual(raw);
    const mask = process.umask();
    expect(statSync(rig.path('net_web-a_b.log')).mode & 0o777).toBe(0o640 & ~mask);
    expect(statSync(rig.folder).mode & 0o777).toBe(0o755 & ~mask);
  });

  test('goes behind what is there, in the order in which it came, whoever wrote it', async () => {
    await using rig = logRig();
    mkdirSync(rig.folder, { recursive: true });
    writeFileSync(rig.path('a-b.log'), 'before\n');
    const writers = [rig.logs.open('a', 'b'), rig.logs.open('a-b', ''), rig.logs.open('a', 'b')];
    let expected = 'before\n';
    for (let line = 0; line < 300; line += 1) {
      writers[line % 3]?.write(Buffer.from(`${line}\n`));
      expected += `${line}\n`;
      if (line % 50 === 0) await rig.logs.flush();
    }
    await rig.logs.flush();
    expect(rig.text('a-b.log')).toBe(expected);
    expect(readdirSync(rig.folder)).toEqual(['a-b.log']);
  });

  test('has a file whatever the length of its name', async () => {
    await using rig = logRig();
    rig.logs.open('job', 'x'.repeat(5000)).write(Buffer.from('hello\n'));
    await rig.logs.flush();
    expect(rig.problems).toEqual([]);
    expect(rig.text(readdirSync(rig.folder)[0] ?? '')).toBe('hello\n');
  });

  test('is written when the logs are closed, and nothing after that', async () => {
    await using rig = logRig();
    rig.write('web', 'last words\n');
    await Promise.all([rig.logs.close(), rig.logs.close()]);
    rig.write('web', 'too late\n');
    await rig.logs.flush();
    expect(rig.text('web.log')).toBe('last words\n');
    expect([rig.clock.armed, openIn(rig.folder), rig.problems]).toEqual([0, 0, []]);
  });

  test('of 300 jobs at once needs few descriptors, and none when they are quiet', async () => {
    await using rig = logRig();
    for (let job = 0; job < 300; job += 1) rig.write(`job${job}`, `${job}\n`);
    await rig.logs.flush();
    expect(readdirSync(rig.folder)).toHaveLength(300);
    expect(rig.text('job299.log')).toBe('299\n');
    await vi.waitFor(() => expect(openIn(rig.folder)).toBe(64), 20_000);
    rig.clock.turn(2000);
    await vi.waitFor(() => expect(openIn(rig.folder)).toBe(0), 20_000);
    expect(rig.clock.armed).toBe(0);
  });
});

describe('a log that grows', () => {
  test('is rotated at the end of a line, and the oldest goes', async () => {
    await using rig = logRig({ maxBytes: 100, keep: 2 });
    for (let line = 0; line < 100; line += 1) {
      rig.write('web', `line ${String(line).padStart(2, '0')}\n`);
      if (line % 5 === 0) await rig.logs.flush();
    }
    await rig.logs.flush();
    const files = ['web.log.2', 'web.log.1', 'web.log'];
    expect(readdirSync(rig.folder).sort()).toEqual([...files].sort());
    for (const file of files) {
      expect(statSync(rig.path(file)).size).toBeLessThanOrEqual(100);
      expect(rig.text(file)).toMatch(/^(line \d\d\n)+$/);
    }
    const kept = files.map((file) => rig.text(file)).join('');
    const lines = kept.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(24);
    expect(lines.map((line) => Number(line.slice(5)))).toEqual(
      Array.from(lines, (_, at) => 100 - lines.length + at),
    );
  });

  test('without a line end is cut where it must be', async () => {
    await using rig = logRig({ maxBytes: 100, keep: 3 });
    const text = Array.from({ length: 35 }, (_, at) => `<${String(at).padStart(8, '0')}>`).join('');
    rig.write('web', text);
    await rig.logs.flush();
    const files = ['web.log.3', 'web.log.2', 'web.log.1', 'web.log'];
    expect(files.map((file) => rig.text(file)).join('')).toBe(text);
    expect(files.map((file) => statSync(rig.path(file)).size)).toEqual([100, 100, 100, 50]);
  });

  test('with nothing to keep begins anew', async () => {
    await using rig = logRig({ maxBytes: 10, keep: 0 });
    rig.write('web', 'one\ntwo\nthree\nfour\n');
    await rig.logs.flush();
    expect(readdirSync(rig.folder)).toEqual(['web.log']);
    expect(rig.text('web.log')).toBe('four\n');
  });

  test('without end costs bounded memory, and says what was lost', async () => {
    await using rig = logRig();
    const line = Buffer.alloc(64 * 1024, `${'x'.repeat(63)}\n`);
    for (let turn = 0; turn < 500; turn += 1) rig.logs.open('web', '').write(line);
    rig.write('other', 'I am here too\n');
    await rig.logs.flush();
    const text = rig.text('web.log');
    const [first = ''] = text.split('\n');
    const [, lost] = /^\[(\d+) bytes lost: the log could not be written\]$/.exec(first) ?? [];
    expect(Number(lost) + text.length - first.length - 1).toBe(500 * line.length);
    expect(text.length).toBeGreaterThan(1024 * 1024);
    expect(text.length).toBeLessThan(2.1 * 1024 * 1024);
    expect(rig.text('other.log')).toBe('I am here too\n');
  });

  test('is complete where the job is read only as fast as the disk takes it', async () => {
    await using rig = logRig({ maxBytes: 100 * 1024 * 1024 });
    const log = rig.logs.open('web', '');
    const piece = Buffer.alloc(128 * 1024, `${'x'.repeat(63)}\n`);
    let held = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      log.write(piece);
      const enough = log.pace();
      if (enough !== undefined) held += 1;
      await enough;
    }
    await rig.logs.flush();
    expect(held).toBeGreaterThan(5);
    expect(statSync(rig.path('web.log')).size).toBe(200 * piece.length);
  });

  test('of many jobs that cannot be written costs bounded memory in all', async () => {
    await using rig = logRig({ memoryEach: 100_000, memoryAll: 200_000 });
    mkdirSync(dirname(rig.folder));
    writeFileSync(rig.folder, 'no folder');
    rig.write('small', 'a small one\n');
    for (let job = 0; job < 10; job += 1) rig.write(`job${job}`, 'x'.repeat(79_999).concat('\n'));
    await rig.logs.flush();
    renameSync(rig.folder, `${rig.folder}.away`);
    await rig.logs.flush();
    const sizes = readdirSync(rig.folder).map((file) => statSync(join(rig.folder, file)).size);
    expect(sizes).toHaveLength(11);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(201_000);
    expect(rig.text('small.log')).toBe('a small one\n');
  });
});

describe('what somebody else does to a log', () => {
  test('moved away: the next line is in a new file', async () => {
    await using rig = logRig();
    rig.write('web', 'one\n');
    await rig.logs.flush();
    renameSync(rig.path('web.log'), rig.path('web.log.1'));
    rig.write('web', 'two\n');
    await rig.logs.flush();
    expect([rig.text('web.log.1'), rig.text('web.log')]).toEqual(['one\n', 'two\n']);
  });

  test('moved away and made anew: the next line is in the new file', async () => {
    await using rig = logRig();
    rig.write('web', 'one\n');
    await rig.logs.flush();
    renameSync(rig.path('web.log'), rig.path('web.log-20260101'));
    writeFileSync(rig.path('web.log'), '', { mode: 0o600 });
    rig.write('web', 'two\n');
    await rig.logs.flush();
    expect(rig.text('web.log')).toBe('two\n');
    expect(statSync(rig.path('web.log')).mode & 0o777).toBe(0o600);
  });

  test('truncated: it goes on at its beginning, and counts anew', async () => {
    await using rig = logRig({ maxBytes: 10 });
    rig.write('web', 'one two\n');
    await rig.logs.flush();
    truncateSync(rig.path('web.log'));
    rig.write('web', 'three\n');
    await rig.logs.flush();
    expect(rig.text('web.log')).toBe('three\n');
    expect(readdirSync(rig.folder)).toEqual(['web.log']);
  });
});
