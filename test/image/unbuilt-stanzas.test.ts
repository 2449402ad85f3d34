import { describe, expect, test } from 'vitest';
import { refuseUnbuilt } from '../../src/image/unbuilt-stanzas.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import { STANZAS } from '../../src/language/stanzas/table.ts';
import type { DomainSpec } from '../../src/model/domain.ts';

function domainOf(text: string): DomainSpec {
  const { job, diagnostics } = parseJob({ text, file: 'a.conf', dialect: 'domstart' });
  if (job?.domain === undefined) throw new Error(JSON.stringify(diagnostics));
  return job.domain;
}

const GUEST = 'image from debootstrap bookworm\nguest a\n    exec true\nend guest\n';
const UNBUILT = /^spool/;

describe('what is part of the language and not built', () => {
  const rows = STANZAS.filter(({ words }) => UNBUILT.test(words));

  test.each(rows.map(({ words, example }) => ({ words, example })))(
    '$words is refused by its name',
    ({ example }) => {
      expect(() => refuseUnbuilt(domainOf(`${example}\n${GUEST}`))).toThrow(
        expect.objectContaining({
          code: 'not-supported',
          message: '`spool` is not built by this version',
        }),
      );
    },
  );

  test('a job without them passes', () => {
    expect(() => refuseUnbuilt(domainOf(GUEST))).not.toThrow();
  });
});
