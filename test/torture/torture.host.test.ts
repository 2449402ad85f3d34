import { expect, test } from 'vitest';
import { torture } from './torture.ts';

test('what goes into a spool comes out once, whoever is killed', async () => {
  const { faults, kills, dropped, host } = await torture({
    ...{ seconds: 15, seed: 4, burst: 50, domains: 0, onProgress: () => {} },
  });
  expect(faults).toEqual([]);
  expect(kills).toBeGreaterThan(2);
  expect(host.done).toBeGreaterThan(dropped / 2);
}, 200_000);
