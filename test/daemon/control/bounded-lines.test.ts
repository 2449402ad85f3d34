import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBoundedLines } from '../../../src/daemon/control/bounded-lines.ts';

function feed(chunks: readonly Buffer[], limit = 1000) {
  const told: string[] = [];
  const lines = createBoundedLines({
    limit,
    onLine: (line) => told.push(line),
    onTooLong: () => told.push('TOO LONG'),
  });
  for (const chunk of chunks) lines.push(chunk);
  return told;
}

describe('lines of a limited length', () => {
  test('are whole however the bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !s.includes('\n'))),
        fc.integer({ min: 1, max: 9 }),
        (texts, size) => {
          const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
          const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
            bytes.subarray(at * size, (at + 1) * size),
          );
          expect(feed(chunks)).toEqual(texts);
        },
      ),
    );
  });

  test.each([
    ['abc\nabcd\nx\n', ['abc', 'TOO LONG']],
    ['abcd', ['TOO LONG']],
    ['ab', []],
  ])('%j, of three at most', (text, told) => {
    const bytes = Buffer.from(text);
    expect(feed([bytes], 3)).toEqual(told);
    expect(
      feed(
        [...bytes].map((byte) => Buffer.from([byte])),
        3,
      ),
    ).toEqual(told);
  });
});
