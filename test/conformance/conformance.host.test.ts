import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runScenarios, type Verdict } from './run-scenarios.ts';
import { findScenarios } from './scenario.ts';

const folders = ['scenarios', 'scenarios-0.3', 'crashers', 'own'].flatMap((name) =>
  findScenarios(join(import.meta.dirname, name)),
);

describe('what the real Upstart did, and what its rule book says of the rest', () => {
  // All are played side by side, in this order, and each test waits for its own alone: a host that is
  // slow has the time limit of a test for each, and not one for all of them.
  const verdicts = new Map(folders.map((folder) => [folder, Promise.withResolvers<Verdict>()]));
  const end = new AbortController();
  let played: Promise<unknown>;

  beforeAll(() => {
    const { signal } = end;
    const onVerdict = (verdict: Verdict) => verdicts.get(verdict.folder)?.resolve(verdict);
    played = runScenarios(folders, { signal, onVerdict });
  });

  afterAll(async () => {
    end.abort();
    await played;
  });

  test('there are records to compare with', () => {
    expect(folders.length).toBeGreaterThan(170);
  });

  test.for(folders.map((folder) => [folder.split('/').slice(-2).join('/'), folder] as const))(
    '%s',
    async ([, folder], { skip }) => {
      const verdict = await verdicts.get(folder)?.promise;
      if (verdict?.skipped !== undefined) skip(verdict.skipped);
      expect(verdict?.diff).toEqual([]);
      expect(verdict?.passed).toBe(true);
    },
  );
});
