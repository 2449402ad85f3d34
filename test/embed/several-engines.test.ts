import { describe, expect, test } from 'vitest';
import { createEngine, type JobSource } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const jobs: readonly JobSource[] = [
  { name: 'service', startOn: 'go', exec: 'sleep 1000' },
  { name: 'task', startOn: 'go', task: true, exec: 'true' },
];

/** What an engine is told, as words. */
async function storyOf(engine: ReturnType<typeof createEngine>): Promise<string[]> {
  const story: string[] = [];
  for await (const { type, told } of engine.announcements(['event', 'state', 'result'])) {
    if (type === 'event') story.push(`${told.progress} ${told.event.name} ${told.serial}`);
    if (type === 'state') story.push(`${told.job} ${told.to}`);
    if (type === 'result') story.push(`${told.job} over`);
  }
  return story;
}

describe('several engines in one process do not know of each other', () => {
  test('with the same names, an event concerns the one that it is emitted in', async () => {
    const engines = Array.from({ length: 5 }, () => createEngine({ jobs }));
    const [first, ...others] = engines;
    const stories = engines.map(storyOf);
    await first?.emit('go');
    await Promise.all(others.map((engine) => engine.emit('something-else')));
    expect(first?.status('service')).toMatchObject([{ state: 'running' }]);
    for (const other of others) {
      expect(other.status()).toMatchObject([{ state: 'waiting' }, { state: 'waiting' }]);
      expect(other.waiting()).toEqual([]);
    }
    await Promise.all(engines.map((engine) => engine.close()));
    const [told, ...untold] = await Promise.all(stories);
    expect(told).toContain('service over');
    for (const story of untold) {
      expect(story).toEqual(
        ['queued', 'handling', 'finished'].map((is) => `${is} something-else 0`),
      );
    }
  });

  test('closing one leaves the others as they are', async () => {
    const first = createEngine({ jobs });
    await using second = createEngine({ jobs });
    await Promise.all([first.emit('go'), second.emit('go')]);
    const [before] = second.status('service');
    const told: string[] = [];
    second.on('state', ({ to }) => void told.push(to));
    await first.close();
    expect(second.status('service')).toEqual([before]);
    expect(before).toMatchObject({ state: 'running', processes: [{ process: 'main' }] });
    expect(told).toEqual([]);
    await expect(first.start('service')).rejects.toMatchObject({ code: 'cancelled' });
    expect(await second.emit('more')).toEqual({ failed: false });
  });

  test('a definition, a failure and a fault stay where they are', async () => {
    await using first = createEngine({ jobs });
    await using second = createEngine({ jobs });
    const faults: unknown[] = [];
    second.on('fault', (fault) => void faults.push(fault));
    first.define({ name: 'service', startOn: 'go', task: true, exec: 'false' });
    first.on('event', () => {
      throw new Error('of the first');
    });
    expect(await first.emit('go')).toEqual({ failed: true });
    expect(await second.emit('go')).toEqual({ failed: false });
    expect(faults).toEqual([]);
    second.undefine('task');
    expect(second.jobs().map(({ name }) => name)).toEqual(['service']);
    expect(first.jobs()).toHaveLength(2);
  });

  test('each has its own environment and its own time', async () => {
    const clock = new ManualClock();
    const stubborn = "trap '' TERM; while :; do sleep 0.1; done";
    const job = { name: 'j', script: stubborn, killTimeout: 3600 } as const;
    await using slow = createEngine({ jobs: [job], clock });
    const said = { name: 'say', exec: 'sh -c "echo $WHO"', env: ['WHO'] } as const;
    await using first = createEngine({
      jobs: [said],
      environment: { PATH: process.env['PATH'], WHO: 'a' },
    });
    await using second = createEngine({
      jobs: [said],
      environment: { PATH: process.env['PATH'], WHO: 'b' },
    });
    const run = await slow.start('j');
    await run.started;
    const texts = await Promise.all(
      [first, second].map(async (engine) => {
        const lines: string[] = [];
        for await (const line of (await engine.start('say')).console) lines.push(line);
        return lines.join();
      }),
    );
    expect(texts).toEqual(['a', 'b']);
    const stopped = run.stop();
    await expect.poll(() => slow.status('j')[0]?.state).toBe('killed');
    clock.turn(3_600_000);
    await stopped;
    expect(await run.result).toMatchObject({ status: 137 });
  });
});
