import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { renderDiagnostic } from '../../src/language/render-diagnostic.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { Dialect } from '../../src/model/job.ts';

const DIALECTS: readonly Dialect[] = ['event.d', 'init', 'domstart'];
const dialect = fc.constantFrom(...DIALECTS);

/** Pieces that job files are made of, put together without sense. */
const piece = fc.oneof(
  fc.constantFrom(...STANZAS.map(({ words }) => words)),
  fc.constantFrom(...STANZAS.map(({ example }) => `${example}\n`)),
  fc.constantFrom('\n', ' ', '\t', '\r\n', '\\', '\\\n', '"', "'", '#', '(', ')', '\0', '\uFEFF'),
  fc.constantFrom(
    'and',
    'or',
    'end script\n',
    'end guest\n',
    'guest x\n',
    'A=1',
    'B!=2',
    '-1',
    '99',
  ),
  fc.string({ maxLength: 6, unit: 'binary' }),
);
const jobText = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

function parse(text: string, language: Dialect) {
  const result = parseJob({ text, file: 'any.conf', dialect: language });
  for (const { span } of result.diagnostics) {
    expect(span.from).toBeLessThanOrEqual(span.to);
    expect(span.to).toBeLessThanOrEqual(text.length);
    expect(text.slice(0, span.from).split('\n').length).toBe(span.line);
  }
  return result;
}

describe('any text ends in a verdict', () => {
  test('whatever it is made of', () => {
    fc.assert(
      fc.property(jobText, dialect, (text, language) => {
        const { job, diagnostics } = parse(text, language);
        const failed = diagnostics.some(({ severity }) => severity === 'error');
        expect(job === undefined).toBe(failed);
        // Plain JSON: what a job is does not change on its way through a file.
        if (job !== undefined) expect(JSON.parse(JSON.stringify(job))).toEqual(job);
        for (const diagnostic of diagnostics) {
          const shown = renderDiagnostic(diagnostic, { file: 'any.conf', text });
          expect(shown).toContain(`[${diagnostic.code}]`);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: no terminal may see these
          expect(shown).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/);
        }
      }),
      { numRuns: 500 },
    );
  });
});

const SIZE = 2_000_000;
const HUGE: readonly (readonly [name: string, text: string])[] = [
  ['one line', 'x'.repeat(SIZE)],
  ['lines that are no stanzas', 'foo bar baz\n'.repeat(SIZE / 12)],
  ['backslashes', '\\'.repeat(SIZE + 1)],
  ['quotes', '"'.repeat(SIZE + 1)],
  ['NUL bytes', 'a\0'.repeat(SIZE / 2)],
  ['a line that never ends', 'env A=1 \\\n'.repeat(SIZE / 10)],
  ['nothing but joined lines', `env ${' \\\n'.repeat(SIZE * 2)}`],
  ['white space behind a command', `exec a${' '.repeat(SIZE)}`],
  ['events without end', `emits ${'a '.repeat(SIZE / 2)}`],
  ['operators without end', `start on a${' or a'.repeat(SIZE / 5)}`],
  ['parentheses never closed', `start on ${'('.repeat(SIZE)}`],
  ['parentheses 10,000 deep', `start on ${'('.repeat(10_000)}a${')'.repeat(10_000)}\n`],
  ['operators 10,000 deep', `start on ${'(a or '.repeat(10_000)}a${')'.repeat(10_000)}\n`],
  ['scripts never ended', 'bogus script\n'.repeat(SIZE / 13)],
  ['scripts with words behind them', `script x${'\n'.repeat(SIZE / 200)}`.repeat(200)],
  ['guests never ended', `guest x\n${'script\n'.repeat(SIZE / 7)}`],
  ['a guest of quotes', `image from busybox\nguest x\n${'author "\n'.repeat(SIZE / 9)}`],
  ['a guest of joined lines', `guest x\n${'script \\\n'.repeat(SIZE / 9)}`],
  ['guests in guests', 'guest x/\nscript\n'.repeat(SIZE / 16)],
  ['alternatives without end', 'start on a\n'.repeat(SIZE / 11)],
  ['a script of 100,000 lines', `script\n${'    echo hello\n'.repeat(100_000)}end script\n`],
];

describe('size does no harm', () => {
  test.each(HUGE)('%s', (_name, text) => {
    for (const language of DIALECTS) {
      const { job, diagnostics } = parseJob({ text, file: 'huge.conf', dialect: language });
      expect(job !== undefined || diagnostics.length > 0).toBe(true);
      expect(diagnostics.length).toBeLessThanOrEqual(201);
    }
  });
});
