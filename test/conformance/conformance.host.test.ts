import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runScenarios, type Verdict } from './run-scenarios.ts';
import { findScenarios } from './scenario.ts';

const folders = ['scenarios', 'scenarios-0.3', 'crashers', 'own'].flatMap((name) =>
  findScenarios(join(import.meta.dirname, name)),
);

describe('what the real Upstart did, and what its rule book says of the rest', () => {
  let verdicts: ReadonlyMap<string, Verdict>;

  beforeAll(async () => {
    const all = await runScenarios(folders);
    verdicts = new Map(all.map((verdict) => [verdict.folder, verdict]));
  });

  test('there are records to compare with', () => {
    expect(folders.length).toBeGreaterThan(170);
  });

  test.for(folders.map((folder) => [folder.split('/').slice(-2).join('/'), folder] as const))(
    '%s',
    ([, folder], { skip }) => {
      const verdict = verdicts.get(folder);
      if (verdict?.skipped !== undefined) skip(verdict.skipped);
      expect(verdict?.diff).toEqual([]);
      expect(verdict?.passed).toBe(true);
    },
  );
});
