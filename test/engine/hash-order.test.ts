import { expect, test } from 'vitest';
import { bucketOf } from '../../src/engine/hash-order.ts';

test.each([
  // The beginning of FNV-1 itself, 2166136261, modulo 17.
  ['', 2_166_136_261 % 17],
  // One round by hand: 2166136261 × 16777619 modulo 2³², and then the byte.
  ['a', (((2_166_136_261n * 16_777_619n) % 2n ** 32n) ^ 0x61n) % 17n],
] as const)('%j is where FNV-1 puts it', (name, bucket) => {
  expect(bucketOf(name)).toBe(Number(bucket));
});

test('names are bytes, not characters', () => {
  let hash = 2_166_136_261n;
  for (const byte of [0xc3, 0xa4]) hash = ((hash * 16_777_619n) % 2n ** 32n) ^ BigInt(byte);
  expect(bucketOf('ä')).toBe(Number(hash % 17n));
});

test('jobs come in the order in which the real program listed them', () => {
  // As in the record `instance-failure-ends-event-handling`.
  const names = ['alpha', 'beta', 'delta', 'epsilon'];
  expect(names.toSorted((a, b) => bucketOf(a) - bucketOf(b))).toEqual([
    'delta',
    'alpha',
    'beta',
    'epsilon',
  ]);
});
