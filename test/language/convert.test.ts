import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convertJob, type TargetDialect } from '../../src/language/convert-job.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { sameJob } from '../../src/language/same-job.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { Dialect, JobDefinition } from '../../src/model/job.ts';
import { describeAs } from '../support/language-cases.ts';
import {
  CORPUS_KINDS,
  corpusIsThere,
  corpusTexts,
  type JobText,
  ownTexts,
  validJobs,
} from './job-texts.ts';

/** The form of a case is told in convert-cases/README.md. */
interface Case {
  readonly name: string;
  readonly dialect: Dialect;
  readonly to: TargetDialect;
  readonly text: string;
  readonly diagnostics: readonly string[];
  readonly converted: string;
}

const FOLDER = join(import.meta.dirname, 'convert-cases');
const HEAD = /^# (.+) \((event\.d|init|domstart) to (event\.d|init)\)\n/m;

function readCases(file: string): Case[] {
  const parts = readFileSync(join(FOLDER, file), 'utf8').split(HEAD);
  const cases: Case[] = [];
  for (let at = 1; at < parts.length; at += 4) {
    const [name = '', dialect, to, body = ''] = parts.slice(at, at + 4);
    const [text = '', expected] = body.split(/^==>\n/m);
    if (expected === undefined) throw new Error(`${file}: the case "${name}" lacks ==>`);
    const [, told = '', converted = ''] =
      /^((?:(?:error|warning) [^\n]*\n)*)(.*)$/s.exec(expected) ?? [];
    cases.push({
      name,
      dialect: dialect as Dialect,
      to: to as TargetDialect,
      text,
      diagnostics: told.split('\n').filter((line) => line !== ''),
      converted,
    });
  }
  return cases;
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  describe(file, () => {
    test.each(readCases(file))('$name', ({ text, dialect, to, diagnostics, converted }) => {
      const result = convertJob({ text, file: 'case', name: 'case', dialect, to });
      const found = result.diagnostics.map((one, at) => describeAs(diagnostics[at], one));
      expect(found).toEqual(diagnostics);
      expect(result.converted?.text ?? '').toBe(converted);
    });
  });
}

describe('an override', () => {
  const convert = (text: string, override: string) => {
    const result = convertJob({ text, override, file: 'a.conf', dialect: 'init', to: 'event.d' });
    const brief = (list: typeof result.diagnostics = []) =>
      list.map(({ code, span }) => `${code} ${span.line}:${span.column}`);
    return {
      text: result.converted?.text,
      own: brief(result.diagnostics),
      override: brief(result.override?.diagnostics),
    };
  };

  test('is converted with its job, also behind a line that ends in a backslash', () => {
    const text = 'start on a\nconsole log\nexec /bin/old \\\n';
    expect(convert(text, 'start on b\nexec /bin/new\n')).toEqual({
      text: 'service\nstart on b\nconsole logged\n\nexec /bin/new\n',
      own: [],
      override: [],
    });
  });

  test('has places of its own', () => {
    expect(convert('start on a', '\nsetuid me\n')).toEqual({
      text: undefined,
      own: [],
      override: ['not-in-dialect 2:1'],
    });
  });

  test('with an error is not converted', () => {
    expect(convert('task\n', 'start on b\nbogus\n')).toEqual({
      text: undefined,
      own: [],
      override: ['unknown-stanza 2:1'],
    });
  });
});

/** What a job of event.d says by silence is not told from what it says aloud. */
function withoutDefaults(job: JobDefinition): JobDefinition {
  const { console, respawnLimit, ...rest } = job;
  const usual = respawnLimit?.limit === 10 && respawnLimit.interval === 5;
  return {
    ...rest,
    ...(console === undefined || console === 'none' ? {} : { console }),
    ...(respawnLimit === undefined || usual ? {} : { respawnLimit }),
  };
}

/** Converts there and back; gives how many went both ways. */
function thereAndBack(texts: readonly JobText[]): { valid: number; converted: number } {
  const jobs = validJobs(texts);
  let converted = 0;
  for (const { text, file, dialect, job } of jobs) {
    const there = dialect === 'event.d' ? 'init' : 'event.d';
    const back = dialect === 'event.d' ? 'event.d' : 'init';
    const one = convertJob({ text, file, name: 'job', dialect, to: there }).converted;
    if (one === undefined) continue;
    const result = convertJob({ text: one.text, file, name: 'job', dialect: there, to: back });
    expect(result.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    converted += 1;
    const again = result.converted?.job;
    if (dialect !== 'event.d' || again === undefined) continue;
    const same = sameJob(withoutDefaults(again), withoutDefaults(job));
    expect(same, `${file}: ${JSON.stringify([job, again])}`).toBe(true);
  }
  return { valid: jobs.length, converted };
}

describe('converting there and back', () => {
  test('gives an equal job of event.d: files and cases of ours', () => {
    const { valid, converted } = thereAndBack(
      ownTexts().filter(({ dialect }) => dialect !== 'domstart'),
    );
    expect(valid).toBeGreaterThan(120);
    expect(converted).toBeGreaterThan(60);
  });

  const title = corpusIsThere ? '' : ' (skipped: there is no ../shared/corpus)';
  test.skipIf(!corpusIsThere).for(CORPUS_KINDS)(
    `works for what other people wrote${title}: %s`,
    (kind) => {
      const { valid, converted } = thereAndBack(corpusTexts(kind));
      expect(converted / valid).toBeGreaterThan(kind === 'eventd' ? 0.9 : 0.3);
    },
  );
});

test('whatever is put together is converted, or it is told why not', () => {
  const piece = fc.constantFrom(
    ...STANZAS.filter(({ domain }) => domain !== true).map(({ example }) => `${example}\n`),
    'start on a b "c" # d\n',
    'stop on stopped x RESULT=ok\n',
    'start on stopped x failed\n',
    'manual ',
    'script\n\nend script\n',
  );
  let converted = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
      fc.constantFrom<Dialect>('event.d', 'init', 'domstart'),
      fc.constantFrom<TargetDialect>('event.d', 'init'),
      (text, dialect, to) => {
        const result = convertJob({ text, file: 'job', dialect, to });
        const failed = result.diagnostics.some(({ severity }) => severity === 'error');
        expect(result.converted === undefined).toBe(failed);
        if (result.converted === undefined) return;
        converted += 1;
        const back = parseJob({ text: result.converted.text, file: 'job', dialect: to }).job;
        expect(back && sameJob(back, result.converted.job)).toBe(true);
      },
    ),
    { numRuns: 1500 },
  );
  expect(converted).toBeGreaterThan(100);
});
