import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const RUNS = 2200;
/** Pipes for the output of jobs that are kept for the next ones, at most. */
const SPARE_PIPES = 128;

test('thousands of runs leave no child, descriptor, timer, listener or instance behind', {
  timeout: 240_000,
}, async () => {
  const program = join(import.meta.dirname, 'fixtures/long-life.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(RUNS)]);
  const { runs, perTurn, faults, early, late, closed } = JSON.parse(stdout);
  expect({ runs, faults }).toEqual({ runs: RUNS - (RUNS % perTurn), faults: 0 });
  for (const { children, instances, held, sparePipes } of [early, late, closed]) {
    expect({ children, instances, held }).toEqual({ children: '', instances: 0, held: 0 });
    expect(sparePipes).toBeLessThanOrEqual(SPARE_PIPES);
  }
  const { sparePipes: _, ...whole } = early;
  expect(late).toMatchObject(whole);
  expect(closed).toMatchObject(whole);
  expect(late.resources).not.toContain('Timeout');
});
