/** What docs/differences.md says of the parser. */
import { expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import type { Dialect } from '../../src/model/job.ts';

function parse(text: string, override?: string, dialect: Dialect = 'init') {
  const rest = override === undefined ? {} : { override };
  return parseJob({ text, file: 'a.conf', dialect, ...rest });
}

test('expressions nest 1,000 deep, and no deeper', () => {
  const nested = (depth: number) =>
    `start on ${'(a or '.repeat(depth - 1)}a${')'.repeat(depth - 1)}\n`;
  expect(parse(nested(1000)).diagnostics).toEqual([]);
  expect(parse(nested(1001)).diagnostics.map(({ code }) => code)).toEqual(['condition-too-deep']);
});

test('200 errors are told', () => {
  const { diagnostics } = parse('bogus\n'.repeat(1000));
  expect(diagnostics.length).toBe(201);
  expect(diagnostics.at(-1)?.code).toBe('too-many-errors');
});

test('a negative limit is none', () => {
  expect(parse('limit nofile -1 -1\n').job?.limits).toEqual({ nofile: { soft: null, hard: null } });
});

test('what aborts the real init is a job here', () => {
  const { job } = parse('kill signal 0\nkill timeout 0\nexec sleep 1000\n');
  expect(job).toMatchObject({ killSignal: 0, killTimeout: 0 });
});

test.each([
  ['exec sleep 1000\n', 'pre-start nonsense\n', ['main']],
  ['start on go\n', 'exec\n', []],
  ['exec sleep 1000\n', 'nice 5\npre-start nonsense\nnice 6\n', ['main']],
])('an override counts up to its first error: %j, %j', (text, override, processes) => {
  const parsed = parse(text, override);
  expect(Object.keys(parsed.job?.processes ?? { none: true })).toEqual(processes);
  expect(parsed.override?.diagnostics.length).toBe(1);
  expect(parsed.job?.nice).toBe(override.startsWith('nice') ? 5 : undefined);
});
