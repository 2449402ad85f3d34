import { expect, test } from 'vitest';
import { createPacer, slowerPace } from '../../src/ports/pace.ts';

/** A source that counts, and a pace that is let go by hand. */
function begin() {
  const calls: string[] = [];
  let enough: PromiseWithResolvers<void> | undefined = Promise.withResolvers();
  const pacer = createPacer(
    { pause: () => calls.push('pause'), resume: () => calls.push('resume') },
    () => enough?.promise,
  );
  return {
    pacer,
    calls,
    async letGo(how: 'resolve' | 'reject' = 'resolve') {
      const gate = enough;
      enough = undefined;
      gate?.[how]();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test.each(['resolve', 'reject'] as const)('waits until the promise settles: %s', async (how) => {
  const { pacer, calls, letGo } = begin();
  pacer.took();
  pacer.took();
  expect(calls).toEqual(['pause']);
  await letGo(how);
  expect(calls).toEqual(['pause', 'resume']);
  pacer.took();
  expect(calls).toEqual(['pause', 'resume']);
});

test('is lifted at once, and imposed again', async () => {
  const { pacer, calls, letGo } = begin();
  pacer.took();
  pacer.lift();
  pacer.took();
  expect(calls).toEqual(['pause', 'resume']);
  pacer.impose();
  pacer.took();
  expect(calls).toEqual(['pause', 'resume', 'pause']);
  await letGo();
  expect(calls).toEqual(['pause', 'resume', 'pause', 'resume']);
});

test('two paces are as slow as the slower one', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const [one, other] = gates.map(
    ({ promise }) =>
      () =>
        promise,
  );
  const free = () => undefined;
  expect(slowerPace(undefined, undefined)).toBeUndefined();
  expect(slowerPace(one, undefined)).toBe(one);
  expect(slowerPace(free, free)?.()).toBeUndefined();
  expect(slowerPace(free, one)?.()).toBe(gates[0]?.promise);
  let over = false;
  void slowerPace(one, other)?.()?.then(() => {
    over = true;
  });
  gates[0]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  gates[1]?.resolve();
  await expect.poll(() => over).toBe(true);
});
