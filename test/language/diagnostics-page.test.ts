import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { EVERY } from '../../src/language/stanzas/stanza.ts';
import { checkJobs } from '../../src/language/warnings/check-jobs.ts';
import { importXenConfig } from '../../src/language/xen/import-config.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/diagnostics.md'), 'utf8');

/** Not in src/language, because they need a file, its bytes, or a shell. */
const ELSEWHERE = [
  'src/embed/decode-text.ts',
  'src/cli/shell-warnings.ts',
  'src/cli/diagnostic-json.ts',
  'src/cli/check-warnings.ts',
];

/** Every code that the sources give to a diagnostic. */
function usedCodes(): string[] {
  const language = readdirSync(join(root, 'src/language'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src/language', file));
  const codes = [...language, ...ELSEWHERE].flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const lines = Array.from(
      text.matchAll(/\bcode: .*|(?<!Conversion, )\brefuse\(\s*'.*/g),
      String,
    );
    return lines
      .flatMap((line) => Array.from(line.matchAll(/'([a-z0-9]+(?:-[a-z0-9]+)*)'/g)))
      .map(([, code = '']) => code);
  });
  return [...new Set(codes)].sort();
}

interface Row {
  readonly section: string;
  readonly code: string;
  readonly example: string | undefined;
}

const rows: Row[] = page.split(/^## /m).flatMap((part) => {
  const section = part.slice(0, part.indexOf('\n'));
  return Array.from(part.matchAll(/^\| `([a-z0-9-]+)` \|([^|]*)\|([^|]*)\|(.*)/gm), (row) => ({
    section,
    code: row[1] ?? '',
    example: row[4] === '' ? undefined : /^ `(.*)` $/.exec(row[3] ?? '')?.[1],
  }));
});

test('the page has every code once, and no other', () => {
  expect(rows.map(({ code }) => code).sort()).toEqual(usedCodes());
});

/** The codes that a text has, in whatever dialect, or as a Xen config. */
function codesOf(text: string, xen: boolean): string[] {
  if (xen) return importXenConfig(text).diagnostics.map(({ code }) => code);
  return EVERY.flatMap((dialect) => {
    const { job, diagnostics, syntax } = parseJob({ text, file: 'a.conf', dialect });
    const own = diagnostics.map(({ code }) => code);
    if (job === undefined) return own;
    const texts = [{ file: 'a.conf', ...syntax }];
    const more = checkJobs([{ job, texts }], { whole: true }).get('a.conf') ?? [];
    return [...own, ...more.map(({ code }) => code)];
  });
}

/** They take a shell, or more than one file. */
const NOT_ALONE = ['shell-syntax', 'waiting-cycle'];
const examples = rows.flatMap(({ section, code, example }) =>
  example === undefined || NOT_ALONE.includes(code)
    ? []
    : [[code, example.replaceAll(/ ⏎ ?/g, '\n'), section] as const],
);

describe('the examples of the page', () => {
  test.each(examples)('%s: %j', (code, text, section) => {
    expect(codesOf(text, section === 'Xen configs')).toContain(code);
  });

  test('are many', () => {
    expect(examples.length).toBeGreaterThan(60);
  });
});
