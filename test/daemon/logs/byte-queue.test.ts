import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createByteQueue } from '../../../src/daemon/logs/byte-queue.ts';

const queueOf = (limit: number) =>
  createByteQueue({ limit, lost: (bytes) => `[${bytes} bytes lost]` });

function drain(queue: ReturnType<typeof queueOf>): string {
  let text = '';
  for (let bytes = queue.take(); bytes !== undefined; bytes = queue.take()) {
    text += Buffer.from(bytes).toString();
    queue.settle(bytes.length);
  }
  return text;
}

describe('a queue of bytes', () => {
  test('gives what was pushed, in its order, and copies it', () => {
    const queue = queueOf(1000);
    const bytes = Buffer.from('one\n');
    queue.push(bytes);
    bytes.fill('x');
    queue.push(Buffer.from('two\n'));
    expect([queue.size, queue.pending]).toEqual([8, true]);
    expect(drain(queue)).toBe('one\ntwo\n');
    expect([queue.size, queue.pending]).toEqual([0, false]);
  });

  test('what is not settled comes again, before what came meanwhile', () => {
    const queue = queueOf(1000);
    queue.push(Buffer.from('one\n'));
    queue.take();
    queue.push(Buffer.from('two\n'));
    queue.settle(2);
    expect(queue.size).toBe(6);
    expect(drain(queue)).toBe('e\ntwo\n');
  });

  test('drops the oldest, and goes on with a whole line', () => {
    for (const limit of [9, 6]) {
      const queue = queueOf(limit);
      queue.push(Buffer.from('one\ntwo\nthree\n'));
      expect(queue.size).toBe(6);
      expect(drain(queue)).toBe('[8 bytes lost]\nthree\n');
    }
    const queue = queueOf(9);
    for (const line of ['one\n', 'two\n', 'three\n']) queue.push(Buffer.from(line));
    expect(drain(queue)).toBe('[8 bytes lost]\nthree\n');
  });

  test('tells a loss on a line of its own', () => {
    const queue = queueOf(10);
    queue.push(Buffer.from('question? '));
    expect(drain(queue)).toBe('question? ');
    queue.push(Buffer.from('one\ntwo\nthree\n'));
    expect(drain(queue)).toBe('\n[4 bytes lost]\ntwo\nthree\n');
  });

  test('a loss that could not be told is told with the next', () => {
    const queue = queueOf(10);
    queue.push(Buffer.from('one\ntwo\nthree\n'));
    queue.take();
    queue.settle(3);
    queue.push(Buffer.from('four\nfive\n'));
    expect(drain(queue)).toMatch(/^\n\[14 bytes lost\]\nfour\nfive\n$/);
  });

  test('who loses bytes all the time gets more than lines about it', () => {
    const queue = queueOf(64 * 1024);
    let told = 0;
    let given = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      queue.push(Buffer.alloc(256 * 1024, 'some line\n'));
      const bytes = queue.take() ?? Buffer.alloc(0);
      const [line = ''] = /^\n?\[.*\]\n/.exec(Buffer.from(bytes).toString()) ?? [];
      told += line.length;
      given += bytes.length;
      queue.settle(bytes.length);
    }
    expect(given).toBeGreaterThan(100 * told);
  });

  test('holds no more than its limit, and every byte is given or counted', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('push' as const), bytes: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ kind: fc.constant('take' as const), share: fc.constantFrom(0, 0.3, 1) }),
      fc.record({ kind: fc.constant('both' as const), bytes: fc.integer({ min: 1, max: 3000 }) }),
      fc.record({ kind: fc.constant('trim' as const), to: fc.integer({ min: 0, max: 2000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = queueOf(2000);
        // No byte that is pushed is one of a line about a loss.
        const piece = (length: number) =>
          Buffer.from(Array.from({ length }, (_, at) => (at % 7 === 6 ? 0x0a : 0x78)));
        let pushed = 0;
        let output = '';
        const push = (length: number) => {
          pushed += length;
          queue.push(piece(length));
        };
        const settle = (bytes: Uint8Array, done: number) => {
          output += Buffer.from(bytes.subarray(0, done)).toString();
          queue.settle(done);
        };
        for (const it of steps) {
          if (it.kind === 'push') push(it.bytes);
          if (it.kind === 'trim') queue.trim(it.to);
          if (it.kind === 'trim') expect(queue.size).toBeLessThanOrEqual(it.to);
          const bytes = it.kind === 'take' || it.kind === 'both' ? queue.take() : undefined;
          if (bytes !== undefined && it.kind === 'both') push(it.bytes);
          // A line about a loss is settled whole or not at all, so that it can be counted below.
          const whole = bytes === undefined || bytes.includes(0x5b);
          const share = it.kind === 'take' ? it.share : 1;
          if (bytes !== undefined) {
            settle(
              bytes,
              whole ? (share === 1 ? bytes.length : 0) : Math.floor(bytes.length * share),
            );
          }
          expect(queue.size).toBeLessThanOrEqual(2000);
        }
        output += drain(queue);
        const lost = [...output.matchAll(/\[(\d+) bytes lost\]/g)].map(([, count]) =>
          Number(count),
        );
        const given = output.replaceAll(/\[\d+ bytes lost\]/g, '');
        const added = [...output.matchAll(/\[/g)].length;
        const total = given.length + lost.reduce((sum, count) => sum + count, 0);
        // Each line about a loss has an end, and one before it where it began within a line.
        expect(total).toBeGreaterThanOrEqual(pushed + added);
        expect(total).toBeLessThanOrEqual(pushed + 2 * added);
        expect(given.replaceAll('\n', '').replaceAll('x', '')).toBe('');
      }),
    );
  });
});
