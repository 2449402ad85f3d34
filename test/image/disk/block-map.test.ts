import { expect, test } from 'vitest';
import { mapBlocks } from '../../../src/image/disk/ext/block-map.ts';
import type { Extent } from '../../../src/tree/ext/format.ts';

/** Reads a block's number out of the twelve numbers and the blocks of numbers, as ext3 does. */
function numberOf(map: ReturnType<typeof mapBlocks>, logical: number): number {
  const blocks = new Map(map.blocks.map(({ at, bytes }) => [at, bytes]));
  if (logical < 12) return map.inode.readUInt32LE(4 * logical);
  let rest = logical - 12;
  for (const depth of [1, 2, 3]) {
    if (rest >= 1024 ** depth) {
      rest -= 1024 ** depth;
      continue;
    }
    let number = map.inode.readUInt32LE(4 * (11 + depth));
    for (let step = 1024 ** (depth - 1); step >= 1; step /= 1024) {
      if (number === 0) return 0;
      number = (blocks.get(number) as Buffer).readUInt32LE(4 * (Math.floor(rest / step) % 1024));
    }
    return number;
  }
  return 0;
}

test('ext3 finds blocks in any of its steps, and holes between them', () => {
  const edges = [
    0,
    11,
    12,
    1035,
    1036,
    1036 + 2 ** 20 - 1,
    1036 + 2 ** 20,
    1036 + 2 ** 20 + 2 ** 21,
  ];
  const extents: Extent[] = edges.map((logical, index) => ({
    logical,
    physical: 5000 + index,
    count: 1,
  }));
  let next = 9000;
  const map = mapBlocks('ext3', extents, () => next++);
  expect(edges.map((logical) => numberOf(map, logical))).toEqual(
    edges.map((_, index) => 5000 + index),
  );
  for (const hole of [1, 10, 13, 1034, 1037, 2 ** 20, 1037 + 2 ** 20, 2 ** 21]) {
    expect(numberOf(map, hole)).toBe(0);
  }
  expect(map.blocks).toHaveLength(next - 9000);
});

test('ext3 counts on through an extent that crosses the steps', () => {
  let next = 1;
  const map = mapBlocks('ext3', [{ logical: 3, physical: 10_000, count: 3000 }], () => next++);
  for (const logical of [3, 11, 12, 1035, 1036, 3002]) {
    expect(numberOf(map, logical)).toBe(10_000 + logical - 3);
  }
  expect([numberOf(map, 2), numberOf(map, 3003)]).toEqual([0, 0]);
});
