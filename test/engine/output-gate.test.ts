import { expect, test } from 'vitest';
import { createOutputGate } from '../../src/engine/output-gate.ts';

/** A gate whose taker says "enough" until it is let go, and how often it was asked. */
function begin() {
  let asked = 0;
  let enough: PromiseWithResolvers<void> | undefined = Promise.withResolvers();
  const gate = createOutputGate(() => {
    asked += 1;
    return enough?.promise;
  });
  return {
    gate,
    asked: () => asked,
    async letGo() {
      const before = enough;
      enough = undefined;
      before?.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Whether it settles without anything more happening. */
async function isOver(promise: Promise<unknown> | undefined): Promise<boolean> {
  let over = false;
  promise?.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return over;
}

test('while a run goes on, its output waits for the taker, who is asked once', async () => {
  const { gate, asked, letGo } = begin();
  const wait = gate.pace();
  expect(await isOver(wait)).toBe(false);
  expect(gate.closed).toBe(false);
  gate.pace();
  expect(asked()).toBe(1);
  await letGo();
  expect(await isOver(wait)).toBe(true);
  expect(gate.pace()).toBeUndefined();
});

test('once it is being ended nothing waits, and what nobody takes is dropped', async () => {
  const { gate, letGo } = begin();
  const wait = gate.pace();
  gate.hurry();
  expect(await isOver(wait)).toBe(true);
  expect(gate.pace()).toBeUndefined();
  expect(gate.closed).toBe(true);
  await letGo();
  expect(gate.closed).toBe(false);
});
