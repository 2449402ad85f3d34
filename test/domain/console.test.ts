import { describe, expect, test } from 'vitest';
import { createConsoleLines } from '../../src/domain/console/lines.ts';
import { createLineRing } from '../../src/domain/console/ring.ts';
import { createConsoleWatch } from '../../src/domain/console/watch.ts';
import type { ConsoleSpec } from '../../src/model/domain.ts';
import type { Mark } from '../../src/model/guest-protocol.ts';

const PREFIX = 'domstart:0123abcd:';

function read(pieces: readonly string[]): { lines: string[]; marks: Mark[] } {
  const lines: string[] = [];
  const marks: Mark[] = [];
  const console = createConsoleLines({
    prefix: PREFIX,
    onLine: (line) => lines.push(line),
    onMark: (mark) => marks.push(mark),
  });
  for (const piece of pieces) console.push(piece);
  console.end();
  return { lines, marks };
}

/** The text whole, and cut at every place into two. */
function readEveryWay(text: string): { lines: string[]; marks: Mark[] } {
  const whole = read([text]);
  for (let at = 0; at <= text.length; at += 1) {
    expect(read([text.slice(0, at), text.slice(at)]), `cut at ${at}`).toEqual(whole);
  }
  expect(read([...text]), 'one by one').toEqual(whole);
  return whole;
}

describe('lines', () => {
  test.each([
    ['LF', 'a\nb\n', ['a', 'b']],
    ['CR LF, as a tty writes', 'a\r\nb\r\n', ['a', 'b']],
    ['CR CR LF, as a tty in a tty writes', 'a\r\r\nb', ['a', 'b']],
    ['a CR alone: a progress bar', '10%\r20%\r\nend', ['10%', '20%', 'end']],
    ['a CR at the start of a line', '\r10%\r\n', ['10%']],
    ['empty lines stay', 'a\n\nb\n', ['a', '', 'b']],
    ['no end at the end', 'a\nb', ['a', 'b']],
    ['CRs at the end', 'a\r\r\r', ['a']],
  ])('%s', (_, text, lines) => {
    expect(readEveryWay(text)).toEqual({ lines, marks: [] });
  });

  test('a line without end comes in pieces of 4096 characters', () => {
    const { lines } = read(Array.from({ length: 100 }, () => 'x'.repeat(100)));
    expect(lines.map((line) => line.length)).toEqual([4096, 4096, 10_000 - 2 * 4096]);
  });

  test('a character of two units is not cut in half', () => {
    const { lines } = read([`${'x'.repeat(4095)}😀${'y'.repeat(10)}`]);
    expect(lines).toEqual(['x'.repeat(4095), `😀${'y'.repeat(10)}`]);
  });

  test('CRs without end cost no memory and show nothing', () => {
    expect(read(Array.from({ length: 1000 }, () => '\r'.repeat(1000))).lines).toEqual([]);
  });
});

describe('marks', () => {
  test('are taken out of the lines', () => {
    expect(readEveryWay(`a\r\n${PREFIX}init\r\n${PREFIX}memory 15360\r\nb\r\n`)).toEqual({
      lines: ['a', 'b'],
      marks: [
        { word: 'init', value: '' },
        { word: 'memory', value: '15360' },
      ],
    });
  });

  test('may stand behind output without a line end', () => {
    expect(readEveryWay(`no end${PREFIX}exit 3\r\n`)).toEqual({
      lines: ['no end'],
      marks: [{ word: 'exit', value: '3' }],
    });
  });

  test('of another run are text', () => {
    const text = 'domstart:ffffffff:exit 0';
    expect(readEveryWay(text)).toEqual({ lines: [text], marks: [] });
  });

  test('are not lost where an endless line is cut, wherever the mark begins', () => {
    for (let length = 4096 - PREFIX.length - 8; length <= 4100; length += 1) {
      const { lines, marks } = read([...'x'.repeat(length), ...`${PREFIX}exit 7\r\n`]);
      expect(marks, `after ${length} characters`).toEqual([{ word: 'exit', value: '7' }]);
      expect(lines.join('')).toBe('x'.repeat(length));
    }
  });
});

describe('ring', () => {
  test('keeps the last lines that fit, and counts the others', () => {
    const ring = createLineRing(100);
    for (let i = 0; i < 1000; i += 1) ring.push(`line ${String(i).padStart(4, '0')}`);
    expect(ring.last()).toHaveLength(10);
    expect(ring.last(2)).toEqual(['line 0998', 'line 0999']);
  });

  test('counts bytes, not characters', () => {
    const ring = createLineRing(10);
    ring.push('ääää');
    ring.push('b');
    expect(ring.last()).toEqual(['b']);
  });
});

describe('watch', () => {
  const spec = (rules: Partial<ConsoleSpec>): ConsoleSpec => ({
    ready: [],
    fail: [],
    watch: [],
    ...rules,
  });

  test('a matching line emits the event of the first rule that matches', async () => {
    const look = await createConsoleWatch(
      spec({
        watch: [
          {
            pattern: '^step ([0-9]+)( of [0-9]+)?',
            event: 'guest-step',
            variables: [
              { name: 'STEP', value: '$1' },
              { name: 'REST', value: '<$2>' },
              { name: 'ALL', value: '$0!' },
            ],
          },
          { pattern: 'step', event: 'other', variables: [] },
        ],
      }),
    );
    expect(look('step 12 now').event).toEqual({
      name: 'guest-step',
      variables: [
        { name: 'STEP', value: '12' },
        { name: 'REST', value: '<>' },
        { name: 'ALL', value: 'step 12!' },
      ],
    });
    expect(look('a step').event?.name).toBe('other');
    expect(look('stop').event).toBeUndefined();
  });

  test('ready and fail are told apart, and fail names its pattern', async () => {
    const look = await createConsoleWatch(
      spec({ ready: ['^up$', '^there'], fail: ['panic', 'oops'] }),
    );
    expect(look('there we are')).toEqual({ ready: true });
    expect(look('upper')).toEqual({ ready: false });
    expect(look('kernel oops')).toEqual({ ready: false, fail: 'oops' });
  });

  test('a pattern that is none is the job’s fault', async () => {
    await expect(createConsoleWatch(spec({ fail: ['('] }))).rejects.toMatchObject({
      code: 'job-invalid',
      message: expect.stringContaining('the console pattern ( cannot be used'),
    });
  });

  test('no line of a guest keeps us busy for long', async () => {
    const look = await createConsoleWatch(
      spec({
        ready: ['^(a|a)*$'],
        fail: ['(.*)*x'],
        watch: [{ pattern: '^(a+)+$', event: 'hm', variables: [] }],
      }),
    );
    const begin = process.cpuUsage();
    expect(look(`${'a'.repeat(4095)}b`)).toEqual({ ready: false });
    // A backtracking matcher would not come back before the sun goes out.
    expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(2);
  });

  test('escapes of JavaScript are known', async () => {
    const look = await createConsoleWatch(
      spec({ ready: ['^\\u00e9\\cA/[^]$', '^(?<who>\\d+)\\/$'] }),
    );
    expect(look('é\u0001/x').ready).toBe(true);
    expect(look('42/').ready).toBe(true);
  });
});
