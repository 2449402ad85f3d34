import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dialectOf } from '../../src/language/dialect-of.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { checkJobs } from '../../src/language/warnings/check-jobs.ts';
import type { WrittenJob } from '../../src/language/warnings/written-job.ts';
import type { Dialect } from '../../src/model/job.ts';
import { describeAs, readCases } from '../support/language-cases.ts';

/** One file each: what can be told of a job by itself. */
const CASES = join(import.meta.dirname, 'warnings');
/** One folder each: jobs that are loaded together, and `expected`. Their form: cases/README.md. */
const SETS = join(import.meta.dirname, 'sets');

interface WrittenText {
  readonly file: string;
  readonly text: string;
  readonly dialect: Dialect;
  readonly name: string;
  readonly override?: { readonly file: string; readonly text: string };
}

function write({ override, ...own }: WrittenText): WrittenJob {
  const parsed = parseJob({ ...own, ...(override ? { override: override.text } : {}) });
  if (parsed.job === undefined) throw new Error(JSON.stringify(parsed.diagnostics));
  const texts = [{ file: own.file, ...parsed.syntax }];
  if (override && parsed.override) texts.push({ file: override.file, ...parsed.override.syntax });
  return { job: parsed.job, texts };
}

for (const file of readdirSync(CASES)) {
  describe(file, () => {
    test.each(readCases(join(CASES, file)))('$name', ({ text, dialect, diagnostics }) => {
      const found = checkJobs([write({ file: 'case', name: 'case', text, dialect })], {
        whole: false,
      });
      const told = found.get('case') ?? [];
      expect(told.map((one, at) => describeAs(diagnostics[at], one))).toEqual(diagnostics);
    });
  });
}

/** Every file of a set, by its name; names below `event.d` are of the old dialect. */
function readSet(set: string): { readonly jobs: WrittenJob[]; readonly broken: WrittenText[] } {
  const folder = join(SETS, set);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'expected')
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const textOf = (file: string) => readFileSync(join(folder, file), 'utf8');
  const written = files
    .filter((file) => !file.endsWith('.override'))
    .map((file) => {
      const override = file.replace(/conf$/, 'override');
      return {
        file,
        text: textOf(file),
        dialect: dialectOf(file),
        name: basename(file, '.conf'),
        ...(override !== file && files.includes(override)
          ? { override: { file: override, text: textOf(override) } }
          : {}),
      };
    });
  const isBroken = ({ file }: WrittenText) => basename(file).startsWith('broken');
  return {
    jobs: written.filter((one) => !isBroken(one)).map(write),
    broken: written.filter(isBroken),
  };
}

describe('large sets', () => {
  const job = (name: string, startOn: string) =>
    write({ file: name, name, text: `start on ${startOn}\nexec true\n`, dialect: 'init' });
  const COUNT = 20_000;

  test('a ring of any length is told, at each of its jobs', () => {
    const ring = Array.from({ length: COUNT }, (_, at) =>
      job(`j${at}`, `started j${(at + 1) % COUNT} and a`),
    );
    const behind = job('behind', 'started j7');
    const told = checkJobs([...ring, behind], { whole: false });
    expect(told.size).toBe(COUNT);
    expect(told.has('behind')).toBe(false);
    expect(told.get('j5')?.map(({ message }) => message)).toEqual([
      'Jobs wait for each other: `j5` waits for itself by way of many others, so none of them is ever the first',
    ]);
  }, 60_000);

  test('a pattern is compared with all names once', () => {
    const jobs = Array.from({ length: COUNT }, (_, at) => job(`j${at}`, 'started x* or startup'));
    expect(checkJobs(jobs, { whole: true }).size).toBe(COUNT);
  }, 60_000);
});

describe('jobs that are loaded together', () => {
  test.each(readdirSync(SETS))('%s', (set) => {
    const lines = readFileSync(join(SETS, set, 'expected'), 'utf8').split('\n');
    const expected = lines.filter((line) => line !== '' && !line.startsWith('#'));
    const { jobs, broken } = readSet(set);
    const told = Array.from(checkJobs(jobs, { whole: true, broken }))
      .flatMap(([file, diagnostics]) => diagnostics.map((one) => ({ file, one })))
      .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
    expect(told.map(({ file, one }, at) => `${file} ${describeAs(expected[at], one)}`)).toEqual(
      expected,
    );
  });
});

test('manual in an override is not to be moved into an override', () => {
  const job = write({
    file: 'a.conf',
    name: 'a',
    text: 'start on startup\nexec true\n',
    dialect: 'init',
    override: { file: 'a.override', text: 'manual\nstart on startup\n' },
  });
  const told = checkJobs([job], { whole: false }).get('a.override');
  expect(told?.map(({ code, hint }) => [code, hint])).toEqual([
    ['manual-without-effect', 'move `manual` to the end of the override'],
  ]);
});
