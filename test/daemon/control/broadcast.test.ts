import { describe, expect, test } from 'vitest';
import { createBroadcast, type Received } from '../../../src/daemon/control/broadcast.ts';

const never = new AbortController().signal;

type Reader = AsyncGenerator<Received<number>, void>;

/** Takes so many, or up to the end. */
async function take(reader: Reader, count: number): Promise<(number | string)[]> {
  const got: (number | string)[] = [];
  while (got.length < count) {
    const { value } = await reader.next();
    if (value === undefined) return [...got, 'end'];
    got.push(value.kind === 'item' ? value.item : `lost ${value.count}`);
  }
  return got;
}

/** One that has read until now: item 0. */
async function reading(broadcast: ReturnType<typeof createBroadcast<number>>, signal = never) {
  const reader = broadcast.read(signal);
  const first = reader.next();
  broadcast.push(0, 1);
  expect((await first).value).toEqual({ kind: 'item', item: 0 });
  return reader;
}

describe('a broadcast', () => {
  test('gives each reader what is pushed since it began, and then the end', async () => {
    const broadcast = createBroadcast<number>({ limit: 100 });
    broadcast.push(-1, 1);
    const one = await reading(broadcast);
    broadcast.push(1, 10);
    const two = broadcast.read(never);
    const ofTwo = take(two, 9);
    broadcast.push(2, 10);
    broadcast.end();
    expect(await take(one, 9)).toEqual([1, 2, 'end']);
    expect(await ofTwo).toEqual([2, 'end']);
  });

  test('keeps as much as its limit, and tells each how many it has missed, in their place', async () => {
    const broadcast = createBroadcast<number>({ limit: 30 });
    const slow = await reading(broadcast);
    for (const item of [1, 2]) broadcast.push(item, 10);
    expect(await take(slow, 1)).toEqual([1]);
    for (let item = 3; item <= 5000; item += 1) broadcast.push(item, 10);
    expect(await take(slow, 3)).toEqual(['lost 4996', 4998, 4999]);
    broadcast.push(5001, 30);
    broadcast.end();
    expect(await take(slow, 9)).toEqual(['lost 1', 5001, 'end']);
  });

  test('loses an item that is larger than all that may wait', async () => {
    const broadcast = createBroadcast<number>({ limit: 30 });
    const slow = await reading(broadcast);
    broadcast.push(1, 31);
    broadcast.push(2, 1);
    expect(await take(slow, 2)).toEqual(['lost 1', 2]);
  });

  test('wakes all who wait, and an abort ends one at once', async () => {
    const broadcast = createBroadcast<number>({ limit: 30 });
    const controller = new AbortController();
    const gone = await reading(broadcast, controller.signal);
    const waiting = [broadcast.read(never), broadcast.read(never)].map((one) => take(one, 1));
    const ofGone = take(gone, 9);
    controller.abort();
    expect(await ofGone).toEqual(['end']);
    broadcast.push(7, 1);
    expect(await Promise.all(waiting)).toEqual([[7], [7]]);
  });
});
