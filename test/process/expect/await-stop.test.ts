import { expect, test, vi } from 'vitest';
import { exec, mainRig, script } from '../main-rig.ts';

const stopping = { expect: 'stop' } as const;

test('expect stop waits for SIGSTOP and lets the process go on', async () => {
  const { main, told, clock } = mainRig(script('kill -STOP $$\necho on\nexec sleep 1000\n'), {
    fields: stopping,
  });
  const { expected } = await main.spawn();
  expect(told).toEqual([]);
  await expected;
  expect(told).toEqual(['stopped STOP']);
  // Which of the two comes first is the scheduler's affair.
  await expect.poll(() => told.toSorted()).toEqual(['continued CONT', 'main: on', 'stopped STOP']);
  expect(clock.armed).toBe(0);
});

test('where it does not stop itself, it is said', async () => {
  const { main, clock } = mainRig(exec('sleep 1000'), { fields: stopping });
  const { expected } = await main.spawn();
  clock.turn(30_000);
  await expect(expected).rejects.toMatchObject({
    code: 'expect-unmet',
    message: expect.stringMatching(/should stop itself with SIGSTOP; in 30 s it has not$/),
    hint: expect.stringContaining('take "expect stop" out'),
  });
});

test('a process that ends before ends in the ordinary way', async () => {
  const { main, clock } = mainRig(exec('false'), { fields: stopping });
  const { ended, expected } = await main.spawn();
  const settled = vi.fn();
  expected?.then(settled, settled);
  expect(await ended).toEqual({ kind: 'exited', status: 1 });
  expect(clock.armed).toBe(0);
  expect(settled).not.toHaveBeenCalled();
});
