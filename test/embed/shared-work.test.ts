import { expect, test } from 'vitest';
import { createSharedWork } from '../../src/embed/shared-work.ts';

/** Work that ends when the test says so, or when it is aborted. */
function begin() {
  const begun: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<string> }[] = [];
  const shared = createSharedWork('looking', (signal) => {
    const end = Promise.withResolvers<string>();
    signal.addEventListener('abort', () => end.reject(signal.reason));
    begun.push({ signal, end });
    return end.promise;
  });
  return { shared, begun };
}

const forEver = new AbortController().signal;

test('who leaves takes nobody along', async () => {
  const { shared, begun } = begin();
  const first = new AbortController();
  const leaving = shared.get(first.signal);
  const staying = shared.get(forEver);
  first.abort();
  await expect(leaving).rejects.toMatchObject({ code: 'cancelled' });
  begun[0]?.end.resolve('found');
  expect(await staying).toBe('found');
  expect(await shared.get(forEver)).toBe('found');
  expect(begun).toHaveLength(1);
});

test('what failed is tried again by the next', async () => {
  const { shared, begun } = begin();
  const first = shared.get(forEver);
  begun[0]?.end.reject(new Error('not there'));
  await expect(first).rejects.toThrow('not there');
  const second = shared.get(forEver);
  begun[1]?.end.resolve('found');
  expect(await second).toBe('found');
});

test('disposing ends the work', async () => {
  const { shared, begun } = begin();
  const asked = expect(shared.get(forEver)).rejects.toThrow();
  await shared[Symbol.asyncDispose]();
  await asked;
  expect(begun[0]?.signal.aborted).toBe(true);
});
