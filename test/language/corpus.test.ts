import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import type { Dialect } from '../../src/model/job.ts';

/**
 * Job files that other people wrote, with the real Upstart's verdict of each. They are not ours
 * to ship, so they are beside the repository or not there at all.
 */
const CORPUS = join(import.meta.dirname, '../../../shared/corpus');
const MANIFEST = join(CORPUS, 'manifest.tsv');
const there = existsSync(MANIFEST);

interface Row {
  readonly file: string;
  readonly dialect: string;
  readonly verdict: string;
}

function readManifest(): Row[] {
  const [, ...lines] = readFileSync(MANIFEST, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [file = '', dialect = '', verdict = ''] = line.split('\t');
    return { file, dialect, verdict };
  });
}

describe.skipIf(!there)(
  `job files that other people wrote${there ? '' : ' (skipped: there is no ../shared/corpus)'}`,
  () => {
    const dialects: readonly Dialect[] = ['event.d', 'init'];
    test.each(dialects)('get the verdict that the real Upstart gave them: %s', (dialect) => {
      const rows = readManifest().filter((row) => row.dialect === dialect);
      expect(rows.length).toBeGreaterThan(100);
      const different = rows.flatMap(({ file, verdict }) => {
        const text = readFileSync(join(CORPUS, 'open', file), 'utf8');
        const { diagnostics } = parseJob({ text, file, dialect });
        const error = diagnostics.find(({ severity }) => severity === 'error');
        const ours = error ? `error line ${error.span.line}: ${error.message}` : 'ok';
        const same = verdict === 'ok' ? ours === 'ok' : ours.startsWith(verdict);
        return same ? [] : [{ file, verdict, ours }];
      });
      expect(different).toEqual([]);
    });

    test('are read in the dialect of their vendor: chromeos', () => {
      const rows = readManifest().filter(({ file }) => file.startsWith('chromeos/'));
      expect(rows.length).toBeGreaterThan(1000);
      const broken = rows.flatMap(({ file, verdict }) => {
        const text = readFileSync(join(CORPUS, 'open', file), 'utf8');
        const { job } = parseJob({ text, file, dialect: 'chromeos' });
        return job === undefined ? [verdict] : [];
      });
      // One has shell commands outside of a script.
      expect(broken).toEqual(['error line 12: Expected token']);
    });
  },
);
