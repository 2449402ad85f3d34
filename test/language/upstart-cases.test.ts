import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { configOf, showConfig } from '../../src/language/show-config.ts';
import type { Dialect, JobDefinition } from '../../src/model/job.ts';

/** The verdicts of the real Upstart: `ok` and show-config's lines, or the first error. */
const SUITES: readonly { folder: string; dialect: Dialect; extension: string }[] = [
  { folder: 'upstart-cases', dialect: 'init', extension: '.conf' },
  { folder: 'upstart-cases-0.3', dialect: 'event.d', extension: '' },
];

for (const { folder, dialect, extension } of SUITES) {
  const path = join(import.meta.dirname, folder);
  const names = readdirSync(path)
    .filter((file) => file.endsWith('.verdict'))
    .map((file) => file.slice(0, -'.verdict'.length));

  describe(`the verdicts of the real Upstart, ${dialect}`, () => {
    test('are there', () => {
      expect(names.length).toBeGreaterThan(80);
    });

    test.each(names)('%s', (name) => {
      const text = readFileSync(join(path, name + extension), 'utf8');
      const expected = readFileSync(join(path, `${name}.verdict`), 'utf8').replace(/\n+$/, '');
      const { job, diagnostics } = parseJob({ text, file: name, dialect });
      const error = diagnostics.find(({ severity }) => severity === 'error');
      const found = /^error(?: line (\d+))?: (.*)$/s.exec(expected);
      if (found === null) {
        expect(expected.split('\n')[0]).toBe('ok');
        expect(error).toBeUndefined();
        expect(configLines(job, diagnostics).map(trimBlanks)).toEqual(
          expected.split('\n').slice(1).map(trimBlanks),
        );
      } else {
        expect(job).toBeUndefined();
        const [, line, message = ''] = found;
        expect(error?.message.slice(0, message.length)).toBe(message);
        if (line !== undefined) expect(error?.span.line).toBe(Number(line));
      }
    });
  });
}

/** The records have no white space at the ends of their lines. */
function trimBlanks(line: string): string {
  return line.trim();
}

/** What show-config prints below the job's name; 0.3 has none, there its warnings are recorded. */
function configLines(
  job: JobDefinition | undefined,
  diagnostics: readonly { severity: string; message: string }[],
): readonly string[] {
  if (job === undefined) return ['no job'];
  if (job.dialect === 'event.d') {
    return diagnostics.map(({ severity, message }) => `${severity}: ${message}`);
  }
  return showConfig(configOf(job)).slice(1);
}
