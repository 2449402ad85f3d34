import { expect, test } from 'vitest';
import { torture } from './torture.ts';

/** Asked for by DOMSTART_TEST_TORTURE=1: how long it takes hangs on how many domains are killed. */
const asked = process.env['DOMSTART_TEST_TORTURE'] === '1';

test.runIf(asked)(
  'the same in domains, which are killed as well',
  async () => {
    const { faults, domain } = await torture({
      ...{ seconds: 20, seed: 5, burst: 10, domains: 3, onProgress: () => {} },
    });
    expect(faults).toEqual([]);
    expect(domain.done).toBeGreaterThan(0);
  },
  300_000,
);
