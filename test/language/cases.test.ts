import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { describeAs, readCases } from '../support/language-cases.ts';

const FOLDER = join(import.meta.dirname, 'cases');

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  describe(file, () => {
    test.each(readCases(join(FOLDER, file)))('$name', ({ text, dialect, diagnostics, job }) => {
      const result = parseJob({ text, file: 'case.conf', dialect });
      const found = result.diagnostics.map((one, at) => describeAs(diagnostics[at], one));
      expect(found).toEqual(diagnostics);
      if (job !== undefined) expect(result.job).toMatchObject(job);
      expect(result.job === undefined).toBe(diagnostics.some((line) => line.startsWith('error')));
    });
  });
}
