import { describe, expect, test } from 'vitest';
import { createEngine, type JobSource } from '../../src/index.ts';

const one: JobSource = { name: 'j', exec: 'true' };

async function collect<T>(feed: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const told of feed) all.push(told);
  return all;
}

describe('for await', () => {
  test('gives what is told of one type, from the call on to the end of the engine', async () => {
    const engine = createEngine({ jobs: [one] });
    const feed = engine.announcements('state');
    const run = await engine.start('j');
    await run.result;
    await engine.close();
    // Nothing was read so far, and nothing was missed.
    const states = (await collect(feed)).map(({ to }) => to);
    expect(states[0]).toBe('starting');
    expect(states).toContain('running');
    expect(states.at(-1)).toBe('waiting');
    expect(feed.lost).toBe(0);
  });

  test('gives several types in the order in which it happened, or all', async () => {
    const engine = createEngine({ jobs: [one] });
    const some = collect(engine.announcements(['goal', 'result']));
    const all = collect(engine.announcements());
    await (await engine.start('j')).result;
    await engine.close();
    expect((await some).map(({ type }) => type)).toEqual(['goal', 'goal', 'result']);
    const types = new Set((await all).map(({ type }) => type));
    expect([...types].sort()).toEqual(
      expect.arrayContaining(['event', 'goal', 'instance', 'process', 'result', 'state']),
    );
  });

  test('many may read at the same time, and each is told everything', async () => {
    const engine = createEngine({ jobs: [one] });
    const feeds = [engine.announcements('state'), engine.announcements('state')];
    const both = feeds.map(collect);
    await (await engine.start('j')).result;
    await engine.close();
    const [first, second] = await Promise.all(both);
    expect(first?.length).toBeGreaterThan(5);
    expect(second).toEqual(first);
  });

  test('ends at once where the signal is aborted, also while it waits', async () => {
    await using engine = createEngine();
    const controller = new AbortController();
    const feed = engine.announcements('event', { signal: controller.signal });
    const waiting = collect(feed);
    controller.abort();
    expect(await waiting).toEqual([]);
    expect(await collect(engine.announcements({ signal: AbortSignal.abort() }))).toEqual([]);
  });

  test('is over where the engine is', async () => {
    const engine = createEngine();
    await engine.close();
    expect(await collect(engine.announcements())).toEqual([]);
  });

  test('leaving the loop ends it, and nothing is kept any more', async () => {
    await using engine = createEngine();
    const feed = engine.announcements('event');
    await engine.emit('a');
    for await (const { event } of feed) {
      expect(event.name).toBe('a');
      break;
    }
    await engine.emit('b');
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  test('a loop that throws harms nobody', async () => {
    await using engine = createEngine({ jobs: [one] });
    const broken = (async () => {
      for await (const _ of engine.announcements('state')) throw new Error('of the loop');
    })();
    const run = await engine.start('j');
    await expect(broken).rejects.toThrow('of the loop');
    expect(await run.result).toMatchObject({ status: 0 });
  });

  test('await using ends it', async () => {
    await using engine = createEngine();
    let outer: AsyncIterator<unknown> | undefined;
    {
      await using feed = engine.announcements();
      outer = feed;
    }
    await engine.emit('a');
    expect(await outer.next()).toMatchObject({ done: true });
  });

  test('a reader that is slow loses the oldest, and can tell how many', async () => {
    const engine = createEngine();
    const feed = engine.announcements('event', { keep: 4 });
    const names = Array.from({ length: 5000 }, (_, at) => `e${at}`);
    for (const name of names) await engine.emit(name);
    await engine.close();
    expect(feed.lost).toBe(3 * 5000 - 4);
    const left = await collect(feed);
    expect(left.map(({ event, progress }) => `${event.name} ${progress}`)).toEqual([
      'e4998 finished',
      'e4999 queued',
      'e4999 handling',
      'e4999 finished',
    ]);
  });

  test('who calls next several times is answered in order', async () => {
    const engine = createEngine();
    const feed = engine.announcements('event');
    const asked = [feed.next(), feed.next(), feed.next(), feed.next()];
    await engine.emit('a');
    await engine.close();
    const answers = await Promise.all(asked);
    expect(answers.map(({ done, value }) => (done ? 'end' : value?.progress))).toEqual([
      'queued',
      'handling',
      'finished',
      'end',
    ]);
  });
});

describe('listeners', () => {
  test('using ends the listening; so does calling it, for this one only', async () => {
    await using engine = createEngine();
    const heard: string[] = [];
    const listener = ({ event }: { event: { name: string } }) => void heard.push(event.name);
    {
      using _on = engine.on('event', listener);
      const off = engine.on('event', listener);
      off();
      await engine.emit('a');
    }
    await engine.emit('b');
    expect(heard).toEqual(['a', 'a', 'a']);
  });

  test('one that throws, or rejects, is a fault, and everybody else is told', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      await using engine = createEngine({ jobs: [one] });
      const faults = engine.announcements('fault');
      engine.on('result', () => {
        throw new Error('thrown');
      });
      engine.on('result', async () => {
        throw new Error('rejected');
      });
      engine.on('fault', async () => {
        throw new Error('of a listener to faults');
      });
      const states = collect(engine.announcements('state'));
      const run = await engine.start('j');
      expect(await run.result).toMatchObject({ status: 0 });
      const told = [(await faults.next()).value, (await faults.next()).value];
      expect(told).toMatchObject([
        { where: 'a listener of "result"', error: { message: 'thrown' } },
        { where: 'a listener of "result"', error: { message: 'rejected' } },
      ]);
      await engine.close();
      expect((await states).at(-1)?.to).toBe('waiting');
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  test('a pace that throws harms no run', async () => {
    await using engine = createEngine({
      jobs: [{ name: 'j', exec: 'echo hello' }],
      pace: () => {
        throw new Error('of the pace');
      },
    });
    const run = await engine.start('j');
    expect(await collect(run.console)).toEqual(['hello']);
    expect(await run.result).toMatchObject({ status: 0 });
  });
});
