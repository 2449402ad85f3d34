import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatJob } from '../../src/language/format-job.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { sameJob } from '../../src/language/same-job.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { Dialect } from '../../src/model/job.ts';
import { CORPUS_KINDS, corpusIsThere, corpusTexts, type JobText, ownTexts } from './job-texts.ts';

function format(text: string, dialect: Dialect = 'domstart'): string {
  const result = formatJob({ text, file: 'job', dialect });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.diagnostics));
  return result.text;
}

/** Formatting is done once and for all; that it keeps the job is made sure of by itself. */
function expectStable(texts: readonly JobText[]): number {
  let valid = 0;
  for (const options of texts) {
    const result = formatJob(options);
    if (result.kind === 'invalid') continue;
    valid += 1;
    expect(formatJob({ ...options, text: result.text })).toEqual(result);
    expect(result.text).not.toMatch(/^\n.|\n\n$/s);
  }
  return valid;
}

describe('formatting is idempotent and keeps the job', () => {
  test('for every valid file and case of ours', () => {
    expect(expectStable(ownTexts())).toBeGreaterThan(170);
  });

  const title = corpusIsThere ? '' : ' (skipped: there is no ../shared/corpus)';
  test.skipIf(!corpusIsThere).for(CORPUS_KINDS)(
    `for every valid file that other people wrote${title}: %s`,
    (kind) => {
      expect(expectStable(corpusTexts(kind))).toBeGreaterThan(30);
    },
  );

  test.each([
    ['manual\\\n# \\', 'manual # \\\n'],
    ['manual\t\\\n  ', 'manual\n'],
    ['manual \\\n \\\n task', 'manual\ntask\n'],
    ['manual \\\n\ntask', 'manual\ntask\n'],
    ['task \\\n \\\n\nenv A=1 \\\n # one', 'task\nenv A=1 # one\n'],
    ['start on a \\\n\ntask', 'start on a \\\n\ntask\n'],
    ['start on \v', 'start on \v\n'],
  ])('what a fuzzer found: %j', (text, formatted) => {
    expect(format(text, 'init')).toBe(formatted);
    expect(format(formatted, 'init')).toBe(formatted);
  });

  const piece = fc.oneof(
    fc.constantFrom(...STANZAS.map(({ example }) => `${example}\n`)),
    fc.constantFrom(
      '\n',
      '\n\n\n',
      '  ',
      '\t',
      '\r\n',
      '\\\n',
      ' # two  words ',
      '# \\',
      '\\',
      '\0',
    ),
    fc.constantFrom('manual', 'debug', 'task', 'exec a  b ', 'env A="1\n2"', 'start on ((a)or b )'),
    fc.constantFrom('script\n', '  echo  a\n', '\techo b', 'end  script', 'guest x\n', 'end guest'),
  );
  test.for<Dialect>(['event.d', 'init', 'domstart'])('whatever is put together: %s', (dialect) => {
    let valid = 0;
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (one) => {
        const result = formatJob({ text: one, file: 'job', dialect });
        if (result.kind === 'invalid') return;
        valid += 1;
        expect(format(result.text, dialect)).toBe(result.text);
        const [before, after] = [one, result.text].map(
          (source) => parseJob({ text: source, file: 'job', dialect }).job,
        );
        expect(before && after && sameJob(before, after)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(valid).toBeGreaterThan(100);
  });
});

describe('white space is put in order', () => {
  test.each([
    ['blanks between words', 'env   A=1\n  task\t\n', 'env A=1\ntask\n'],
    ['blank lines', '\n\ntask\n\n\n\nenv A=1\n\n', 'task\n\nenv A=1\n'],
    ['line ends of DOS', 'task\r\n# one\r\n', 'task\n# one\n'],
    ['the last line', 'task', 'task\n'],
    ['comments', '  # one  \ntask # two  \n\t#three', '# one\ntask # two\n#three\n'],
    ['comments in columns', 'task     # a\nenv   A=1  # b\n', 'task     # a\nenv A=1    # b\n'],
    ['a comment that is too near', 'env A=1#one\n', 'env A=1 #one\n'],
    ['stanzas on one line', 'manual  task\n', 'manual\ntask\n'],
    ['parentheses', 'start on ( a  and(b or c ) )\n', 'start on (a and (b or c))\n'],
    [
      'a script',
      'script  \n\techo a\n\t  b\n  end   script #c\n',
      'script\n    echo a\n      b\nend script   #c\n',
    ],
    ['nothing', '', ''],
    ['blank lines alone', ' \n\n', '\n'],
  ])('%s', (_name, text, expected) => {
    expect(format(text, 'init')).toBe(expected);
  });

  test('a guest is moved to the right, with its comments and scripts', () => {
    const text = [
      'image from busybox',
      'guest  one # inside',
      '# first',
      'exec   /bin/a  b',
      '',
      '',
      '      pre-start script',
      '  echo 1',
      '    echo 2',
      '  end script',
      '   # last',
      '',
      'end   guest',
    ];
    expect(format(text.join('\n')).split('\n')).toEqual([
      'image from busybox',
      'guest one  # inside',
      '    # first',
      '    exec /bin/a  b',
      '',
      '    pre-start script',
      '        echo 1',
      '          echo 2',
      '    end script',
      '    # last',
      'end guest',
      '',
    ]);
  });
});

describe('what is not white space between words stays', () => {
  test.each([
    ['quotes', `description   "two  words"\n`, `description "two  words"\n`],
    ['commands', `exec   a  "b  c"   d\n`, `exec a  "b  c"   d\n`],
    ['white space that is none to Upstart', 'start on \f\n', 'start on \f\n'],
    ['a blank that a backslash keeps', 'exec a\\  \n', 'exec a\\ \n'],
    ['lines that are joined', 'exec  a \\\n   b  \n', 'exec  a \\\n   b\n'],
    ['expressions of several lines', 'start on  (a\n   or b) \n', 'start on  (a\n   or b)\n'],
    [
      'scripts with an empty line',
      'script\n  a\n\n  b\nend script\n',
      'script\n  a\n\n  b\nend script\n',
    ],
  ])('%s', (_name, text, expected) => {
    expect(format(text, 'init')).toBe(expected);
  });

  test('the jobs that ship', () => {
    const shipped = ownTexts().filter(({ folder }) => folder === 'jobs');
    expect(shipped.length).toBeGreaterThan(1);
    for (const { text } of shipped) expect(format(text)).toBe(text);
  });

  test('a file with errors', () => {
    const result = formatJob({ text: 'tsk\n', file: 'job', dialect: 'init' });
    expect(result).toMatchObject({ kind: 'invalid', diagnostics: [{ code: 'unknown-stanza' }] });
  });
});

test.each([
  ['blanks in the middle', `exec a${' '.repeat(1_000_000)}b\n`],
  ['backslashes', `exec ${'\\'.repeat(1_000_000)}\n`],
  ['a script of many lines', `script\n${'  echo\n'.repeat(200_000)}end script\n`],
  ['blanks in a comment', `#${' '.repeat(1_000_000)}b\n`],
  ['blank lines', `${'\n'.repeat(1_000_000)}task\n`],
  ['joined lines', `exec a${' \\\n'.repeat(500_000)}\ntask${'\\\n'.repeat(500_000)}`],
])('size does no harm: %s', (_name, text) => {
  expect(format(text, 'init').length).toBeLessThan(2_000_000);
});
