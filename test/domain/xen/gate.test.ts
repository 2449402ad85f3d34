import { expect, test } from 'vitest';
import { createGate } from '../../../src/domain/xen/gate.ts';

test('lets so many through, in their order; who wants to be alone is', async () => {
  const gate = createGate(2);
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = (name: string, alone = false) =>
    gate.enter({ alone }).then((leave) => {
      inside.push(name);
      leaves.set(name, leave);
    });
  const leave = async (name: string) => {
    leaves.get(name)?.();
    leaves.get(name)?.();
    await new Promise(setImmediate);
  };
  void enter('a');
  void enter('b');
  void enter('restore', true);
  void enter('c');
  void enter('d');
  await leave('none');
  expect(inside).toEqual(['a', 'b']);
  await leave('a');
  expect(inside).toEqual(['a', 'b']);
  await leave('b');
  expect(inside).toEqual(['a', 'b', 'restore']);
  await leave('restore');
  expect(inside).toEqual(['a', 'b', 'restore', 'c', 'd']);
});
