import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';

/** What a domain job needs beside the stanza that is looked at. */
function withRest(example: string): string {
  const source = example.startsWith('domain pool') ? 'busybox' : 'debootstrap bookworm';
  const image = example.startsWith('image from') ? '' : `image from ${source}\n`;
  const guest = /^guest (?!init)/.test(example) ? '' : 'guest one\n    exec true\nend guest\n';
  return `${example}\n${image}${guest}`;
}

describe('every example of the stanza table is right', () => {
  const examples = STANZAS.flatMap((row) => row.dialects.map((dialect) => ({ ...row, dialect })));
  test.each(examples)('$dialect: $example', ({ dialect, words, example, domain }) => {
    expect(example.startsWith(words)).toBe(true);
    const text = domain ? withRest(example) : `${example}\n`;
    const { diagnostics } = parseJob({ text, file: 'x.conf', dialect });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ code }) => code)).toEqual([]);
  });

  test('no two rows of a dialect have the same words', () => {
    const keys = examples.map(({ dialect, words }) => `${dialect}: ${words}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
