import { expect, test } from 'vitest';
import { emptyMemory, feed, trueEvents } from '../../src/engine/condition-memory.ts';
import type { Condition } from '../../src/model/condition.ts';
import { createEvent } from '../../src/model/event.ts';
import { and, on, or } from '../support/job.ts';

/** Feeds events given as `NAME` or `NAME K=V`, held as their own text. */
function feedAll(condition: Condition, ...texts: readonly string[]) {
  let memory = emptyMemory<string>(condition);
  const steps = texts.map((text) => {
    const [name = '', ...variables] = text.split(' ');
    const event = createEvent(
      name,
      variables.map((variable) => {
        const [key = '', value = ''] = variable.split('=');
        return { name: key, value };
      }),
    );
    const fed = feed(condition, memory, { event, held: text });
    memory = fed.memory;
    return { matched: fed.matched, value: fed.value };
  });
  return { steps, events: trueEvents(condition, memory) };
}

test('and waits for both, in any order', () => {
  expect(feedAll(and(on('a'), on('b')), 'b', 'a')).toEqual({
    steps: [
      { matched: 1, value: false },
      { matched: 1, value: true },
    ],
    events: ['a', 'b'],
  });
});

test('a leaf that is true keeps its first event', () => {
  expect(feedAll(and(on('a'), on('b')), 'a N=1', 'a N=2', 'b')).toEqual({
    steps: [
      { matched: 1, value: false },
      { matched: 0, value: false },
      { matched: 1, value: true },
    ],
    events: ['a N=1', 'b'],
  });
});

test('one event may satisfy two leaves, and then counts twice', () => {
  expect(feedAll(and(on('a'), on('a', 'N=1')), 'a N=1')).toEqual({
    steps: [{ matched: 2, value: true }],
    events: ['a N=1', 'a N=1'],
  });
});

test('a half-true and below a true or is not in the part that is true', () => {
  expect(feedAll(or(and(on('a'), on('b')), on('c')), 'a', 'c').events).toEqual(['c']);
});

test('an event that matches nothing changes nothing', () => {
  expect(feedAll(or(on('a'), on('b')), 'c')).toEqual({
    steps: [{ matched: 0, value: false }],
    events: [],
  });
});
