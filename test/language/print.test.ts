import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { type PrintResult, printJob } from '../../src/language/print-job.ts';
import { printCommand, printOperand, printWord } from '../../src/language/print-token.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { Dialect, JobDefinition } from '../../src/model/job.ts';
import { CORPUS_KINDS, corpusIsThere, corpusTexts, ownTexts, validJobs } from './job-texts.ts';

const DIALECTS: readonly Dialect[] = ['event.d', 'init', 'domstart'];

function textOf(result: PrintResult): string {
  if (result.kind === 'printed') return result.text;
  throw new Error(JSON.stringify(result.problems));
}

/** Parsed, printed and parsed again: the same job; and printing it again gives the same text. */
function expectRoundTrip(job: JobDefinition): void {
  const text = textOf(printJob(job));
  const again = parseJob({ text, file: 'job', name: job.name, dialect: job.dialect }).job;
  expect(withoutFiles(again)).toEqual(withoutFiles(job));
  expect(again && textOf(printJob(again))).toBe(text);
}

function withoutFiles(job: JobDefinition | undefined): unknown {
  return JSON.parse(JSON.stringify(job, (key, value) => (key === 'file' ? undefined : value)));
}

describe('parse, print, parse gives an equal job', () => {
  test('for every valid file and case of ours', () => {
    const jobs = validJobs(ownTexts());
    expect(jobs.length).toBeGreaterThan(170);
    for (const { job } of jobs) expectRoundTrip(job);
  });

  test('for every example of the stanza table', () => {
    const examples = STANZAS.flatMap(({ example, domain, dialects }) => {
      const text = `${example}\n${domain ? 'image from disk a.img\n' : ''}`;
      return dialects.map((dialect) => ({ file: example, dialect, text }));
    });
    const jobs = validJobs(examples);
    expect(jobs.length).toBeGreaterThan(120);
    for (const { job } of jobs) expectRoundTrip(job);
  });

  const title = corpusIsThere ? '' : ' (skipped: there is no ../shared/corpus)';
  test.skipIf(!corpusIsThere).for(CORPUS_KINDS)(
    `for every valid file that other people wrote${title}: %s`,
    (kind) => {
      const jobs = validJobs(corpusTexts(kind));
      expect(jobs.length).toBeGreaterThan(30);
      for (const { job } of jobs) expectRoundTrip(job);
    },
  );
});

const value = fc.string({
  unit: fc.constantFrom('a', 'b', '=', '!', ' ', '\t', '"', "'", '\\', '#', '(', ')', '$', '\0'),
  minLength: 1,
  maxLength: 8,
});

describe('a token is quoted so that it reads as the same value', () => {
  test.for(DIALECTS)('whatever it holds: %s', (dialect) => {
    fc.assert(
      fc.property(value, (one) => {
        const job: JobDefinition = { ...jobOf(dialect), description: one, env: [one, `A=${one}`] };
        expectRoundTrip(job);
        expect(printWord(one, dialect)).toBeDefined();
        expect(printOperand(one, dialect)).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  test.for(DIALECTS)('or it cannot be said: %s', (dialect) => {
    for (const say of [printWord, printOperand, printCommand]) {
      expect(say('', dialect)).toBeUndefined();
      expect(say('one\ntwo', dialect)).toBeUndefined();
    }
    expect(printCommand('echo "open', dialect)).toBeUndefined();
    expect(printCommand('echo # not a comment', dialect)).toBeUndefined();
    expect(printCommand('echo "# one" \\# two', dialect)).toBe('echo "# one" \\# two');
  });

  test.each([
    ['plain', 'plain'],
    ['two words', '"two words"'],
    ['A=two words', 'A="two words"'],
    ['say "hello"', '\'say "hello"\''],
    ["don't", '"don\'t"'],
    ['"it\'s"', `'"it'"'s"'"'`],
    ['^a\\.b$', '^a\\.b$'],
    ['ends in \\', '"ends in \\\\"'],
  ])('%s', (one, text) => {
    expect(printWord(one, 'init')).toBe(text);
  });
});

describe('expressions', () => {
  test.each([
    ['a and b or c', 'a and b or c'],
    ['(a and b) or c', 'a and b or c'],
    ['a and (b or c)', 'a and (b or c)'],
    ['a "and" b', 'a "and" b'],
    ['a (b)', undefined],
    ['(((a B="c d")))', 'a B="c d"'],
    ['a "(b)"', 'a "(b)"'],
    ['a B!=c', 'a B!=c'],
  ])('%s', (text, expected) => {
    const { job } = parseJob({ text: `start on ${text}\n`, file: 'job', dialect: 'init' });
    const printed = job && printJob(job);
    expect(printed?.kind === 'printed' ? printed.text : undefined).toBe(
      expected && `start on ${expected}\n`,
    );
  });
});

describe('what has no text is a problem with the name of its stanza', () => {
  test.each([
    [{ description: '' }, 'description'],
    [{ env: ['A=1\n2'] }, 'env'],
    [{ processes: { main: { kind: 'exec', text: 'a\nb' } } }, 'exec'],
    [{ startOn: { kind: 'match', event: '', operands: [] } }, 'start on'],
    // Not in this dialect, or not what these stanzas would make: no stanza alone is to blame.
    [{ daemon: true }, undefined],
    [{ processes: { main: { kind: 'script', text: 'a\n end script\nb\n' } } }, undefined],
  ] satisfies [Partial<JobDefinition>, string | undefined][])('%j', (part, words) => {
    const result = printJob({ ...jobOf('init'), ...part });
    const found = result.kind === 'printed' ? result : result.problems.map((one) => one.words);
    expect(found).toEqual([words]);
  });
});

function jobOf(dialect: Dialect): JobDefinition {
  const { job } = parseJob({ text: '# nothing\n', file: 'job', dialect });
  if (job === undefined) throw new Error('a comment is a job');
  return job;
}

describe('size does no harm', () => {
  const nested = `start on ${'a and (b or '.repeat(490)}c${')'.repeat(490)}\n`;
  test.each([
    ['operators, nested to the right', 'init', nested],
    ['operators, nested to the left', 'init', `start on a${' or b and c'.repeat(490)}\n`],
    ['alternatives', 'event.d', 'start on a b\n'.repeat(990)],
    ['variables', 'init', 'env A="b c"\n'.repeat(50_000)],
    ['events', 'init', `emits ${'a '.repeat(150_000)}\n`],
    ['lines of a script', 'init', `script\n${'  echo\n'.repeat(200_000)}end script\n`],
  ] satisfies [string, Dialect, string][])('%s', (_name, dialect, text) => {
    const { job } = parseJob({ text, file: 'job', dialect });
    expect(job && printJob(job).kind).toBe('printed');
  });
});
