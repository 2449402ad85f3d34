import { expect, test } from 'vitest';
import type { Blocker, QueuedEvent } from '../../src/engine/event-queue.ts';
import { EventQueue } from '../../src/engine/event-queue.ts';
import { createEvent } from '../../src/model/event.ts';

const blocker = (job: string): Blocker => ({ kind: 'instance', job, instance: '' });

function queueWith(
  handle: (queued: QueuedEvent, queue: EventQueue) => void = () => {},
  { oldPasses = false } = {},
) {
  const told: string[] = [];
  const queue: EventQueue = new EventQueue({
    oldPasses,
    hooks: {
      handle: (queued) => handle(queued, queue),
      announce: ({ event, progress }) => told.push(`${progress} ${event.name}`),
      wake: () => {},
    },
  });
  return { queue, told };
}

test('what nobody holds is finished in the step that handles it', () => {
  const { queue, told } = queueWith();
  queue.add(createEvent('a'));
  queue.add(createEvent('b'));
  expect(queue.drain()).toBe(true);
  expect(told).toEqual([
    'pending a',
    'pending b',
    'handling a',
    'finished a',
    'handling b',
    'finished b',
  ]);
  expect(queue.quiet).toBe(true);
});

test('events that are added meanwhile are reached in the same pass, before older ones finish', () => {
  const holder = blocker('j');
  let held: QueuedEvent | undefined;
  const { queue, told } = queueWith((queued, it) => {
    if (queued.event.name === 'old') {
      held = queued;
      it.block(queued, holder);
    }
    if (queued.event.name === 'new' && held !== undefined) {
      it.release(held, holder);
      it.add(createEvent('newer'));
    }
  });
  queue.add(createEvent('old'));
  queue.drain();
  queue.add(createEvent('new'));
  told.length = 0;
  queue.drain();
  expect(told).toEqual([
    'handling new',
    'pending newer',
    'finished new',
    'handling newer',
    'finished newer',
    'finished old',
  ]);
});

test('an event waits for the last of its blockers, and letting go twice does no harm', () => {
  const [one, two] = [blocker('one'), blocker('two')];
  const { queue, told } = queueWith((queued, it) => {
    it.block(queued, one);
    it.block(queued, two);
  });
  const queued = queue.add(createEvent('a'));
  queue.drain();
  queue.release(queued, one);
  queue.release(queued, one);
  queue.drain();
  expect(queue.unfinished().map(({ event, blockers }) => [event.name, ...blockers])).toEqual([
    ['a', two],
  ]);
  queue.release(queued, two);
  queue.drain();
  expect(told.at(-1)).toBe('finished a');
  expect(queue.unfinished()).toEqual([]);
});

test('a failed event tells its emitter, then gives NAME/failed, which gives no other', () => {
  const holder = blocker('j');
  const held: QueuedEvent[] = [];
  const { queue, told } = queueWith((queued, it) => {
    it.block(queued, holder);
    held.push(queued);
  });
  queue.add(createEvent('a'), { onFinished: (failed) => told.push(`failed: ${failed}`) });
  for (let i = 0; i < 3; i += 1) {
    queue.drain();
    for (const queued of held.splice(0)) queue.release(queued, holder, { failed: true });
  }
  queue.drain();
  expect(told).toEqual([
    'pending a',
    'handling a',
    'finished a',
    'failed: true',
    'pending a/failed',
    'handling a/failed',
    'finished a/failed',
  ]);
});

test('a drain can be bounded, and goes on where it was', () => {
  const { queue, told } = queueWith((_, it) => it.add(createEvent('again')));
  queue.add(createEvent('again'));
  expect(queue.drain(3)).toBe(false);
  expect(told.filter((line) => line === 'handling again')).toHaveLength(3);
  expect(queue.drain(3)).toBe(false);
  expect(told.filter((line) => line === 'handling again')).toHaveLength(6);
});

test('100,000 held events do not slow down the others', () => {
  const HELD = 100_000;
  const holder = blocker('j');
  const { queue } = queueWith((queued, it) => {
    if (queued.event.name === 'held') it.block(queued, holder);
  });
  for (let i = 0; i < HELD; i += 1) queue.add(createEvent('held'));
  queue.drain();
  // Were those looked at each time, it would take longer than a test may.
  for (let i = 0; i < HELD; i += 1) {
    queue.add(createEvent('free'));
    queue.drain();
  }
});

test('Upstart 0.3: what was handled is finished in the next pass', () => {
  const { queue, told } = queueWith(
    (queued, it) => {
      if (queued.event.name === 'b') it.add(createEvent('late'));
    },
    { oldPasses: true },
  );
  queue.add(createEvent('a'));
  queue.add(createEvent('b'));
  told.length = 0;
  expect(queue.drain()).toBe(true);
  expect(told).toEqual([
    'handling a',
    'handling b',
    'pending late',
    'finished a',
    'finished b',
    'handling late',
    'finished late',
  ]);
  expect(queue.quiet).toBe(true);
});
