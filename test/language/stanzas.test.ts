import { describe, expect, test } from 'vitest';
import { parseJob } from '../../src/language/parse-job.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { Dialect } from '../../src/model/job.ts';

/** What a domain job needs beside the stanza that is looked at. */
const REST: Record<Dialect, string> = {
  'event.d': '',
  init: '',
  domstart: 'image from disk a.img\n',
};

describe('every example of the stanza table is right', () => {
  const examples = STANZAS.flatMap((row) => row.dialects.map((dialect) => ({ ...row, dialect })));
  test.each(examples)('$dialect: $example', ({ dialect, words, example, domain, form }) => {
    expect(example.startsWith(words)).toBe(true);
    const text = `${example}\n${domain ? REST[dialect] : ''}`;
    const { diagnostics } = parseJob({ text, file: 'x.conf', dialect });
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    const expected = form.kind === 'unavailable' ? ['not-supported-yet'] : [];
    expect(errors.map(({ code }) => code)).toEqual(expected);
  });

  test('no two rows of a dialect have the same words', () => {
    const keys = examples.map(({ dialect, words }) => `${dialect}: ${words}`);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
