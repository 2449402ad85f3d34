import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importXenConfig } from '../../../src/language/xen/import-config.ts';
import { parseXenConfig } from '../../../src/language/xen/parse-config.ts';

const PIECES = [
  ...[
    'name',
    'disk',
    'vif',
    'extra',
    'x',
    'True',
    'import os',
    'if',
    '=',
    '+=',
    '==',
    '+',
    '-',
    '%',
  ],
  ...['[', ']', '(', ')', ',', ';', '\n', '\r\n', ' ', '\t', '\\', '\\\n', '#', '"', "'", '"""'],
  ...['"a"', "'b'", '64', '0x1f', '09', '1.5', '<<<<<<< A', '\0', '\uFEFF', 'ä', '\u{1f600}', '.'],
];

describe('whatever it is given', () => {
  const texts = fc.oneof(
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary', maxLength: 80 }),
  );

  test('it gives a verdict, in order, within the text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { kind, lines, diagnostics } = importXenConfig(text);
        const errors = diagnostics.filter(({ severity }) => severity === 'error');
        if (kind !== 'plain') expect(errors.length).toBeGreaterThan(0);
        if (errors.length > 0) expect(lines).toEqual([]);
        let last = 0;
        for (const { span } of diagnostics) {
          expect(span.from).toBeGreaterThanOrEqual(last);
          expect(span.to).toBeGreaterThanOrEqual(span.from);
          expect(span.to).toBeLessThanOrEqual(text.length);
          last = span.from;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('every node has its place', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const { key, value } of parseXenConfig(text).assignments) {
          expect(text.slice(key.from, key.to)).toBe(key.text);
          expect(value.from).toBeGreaterThan(key.to);
          expect(value.to).toBeGreaterThan(value.from);
        }
      }),
      { numRuns: 1000 },
    );
  });

  const MUCH = 1_000_000;
  test.each([
    ['open lists', '['.repeat(MUCH)],
    ['a value of open lists', `a = ${'['.repeat(MUCH)}`],
    ['lines of open lists', 'a = [\n'.repeat(MUCH / 6)],
    ['open quotes', 'a = "\n'.repeat(MUCH / 6)],
    ['open quotes of three', '"""'.repeat(MUCH / 3 - 1)],
    ['one long list', `a = [${'1,'.repeat(MUCH / 2)}]`],
    ['one long list of open texts', `a = [${"'\n".repeat(MUCH / 2)}]`],
    ['texts that are joined', `a = [${'"a"\n'.repeat(MUCH / 4)}]`],
    ['texts that are added', `a = ${'"a"+'.repeat(MUCH / 4)}"a"`],
    ['lists that are added', `a = ${'[1]+'.repeat(MUCH / 4)}[1]`],
    ['keys that are added to', 'a += [1]\n'.repeat(MUCH / 9)],
    ['backslashes', '\\'.repeat(MUCH)],
    ['escapes that nobody knows', `a = "${'\\q'.repeat(MUCH / 2)}"`],
    ['NULs', '\0'.repeat(MUCH)],
    ['comments', '#\n'.repeat(MUCH / 2)],
    ['blanks', ' '.repeat(MUCH)],
  ])('a megabyte of %s takes no time', (_, text) => {
    // What costs by the square takes hours, which the limit of a test ends.
    const { diagnostics } = importXenConfig(text);
    expect(diagnostics.length).toBeLessThanOrEqual(202);
  });
});
