import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { describeAs, readCases } from '../support/language-cases.ts';

const FOLDER = join(import.meta.dirname, 'cases');

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  describe(file, () => {
    test.each(readCases(join(FOLDER, file)))('$name', (one) => {
      const { text, dialect, override, diagnostics: expected, job } = one;
      const result = parseJob({
        text,
        file: 'case.conf',
        dialect,
        ...(override === undefined ? {} : { override }),
      });
      const own = result.diagnostics.map((found, at) => describeAs(expected[at], found));
      const over = (result.override?.diagnostics ?? []).map(
        (found, at) => `override ${describeAs(expected[own.length + at], found)}`,
      );
      expect([...own, ...over]).toEqual(expected);
      if (job !== undefined) expect(result.job).toMatchObject(job);
      const broken =
        override === undefined
          ? expected.some((line) => line.startsWith('error'))
          : job === undefined;
      expect(result.job === undefined).toBe(broken);
    });
  });
}
