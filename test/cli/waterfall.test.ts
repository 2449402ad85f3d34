import { expect, test } from 'vitest';
import { drawWaterfall } from '../../src/cli/waterfall.ts';

const bar = (label: string, from: number, ms: number) => ({ label, from, ms, detail: '' });

test('what takes no time at the very end is seen as well', () => {
  const [long, short] = drawWaterfall([bar('boot', 0, 1717), bar('teardown', 1717, 0.4)], 80);
  expect(long).toBe(`boot      ${'█'.repeat(32)}   1.72 s`);
  expect(short).toBe(`teardown  ${' '.repeat(31)}▏     0 ms`);
});
