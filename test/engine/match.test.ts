import { expect, test } from 'vitest';
import { matchesEvent } from '../../src/engine/match.ts';
import type { Match } from '../../src/model/condition.ts';
import { createEvent } from '../../src/model/event.ts';
import { on } from '../support/job.ts';

const event = createEvent('ev', [
  { name: 'A', value: '1' },
  { name: 'B', value: 'two' },
  { name: 'A', value: '3' },
  { name: 'P', value: '/srv/.in/x.job' },
]);

test.each<[readonly string[], boolean]>([
  [[], true],
  [['A=1'], true],
  [['A=3'], false],
  [['B!=one'], true],
  [['B!=two'], false],
  [['NONE=x'], false],
  [['NONE!=x'], false],
  [['1'], true],
  [['1', 'two', '3'], true],
  [['1', 'three'], false],
  [['1', 'two', '3', '*', '*'], false],
  [['1', 'A=1', 'B=two'], true],
  [['P=*.job'], true],
  [['P=/srv/?in/*'], true],
  [['B='], false],
])('%j: %j', (operands, matched) => {
  expect(matchesEvent(on('ev', ...operands) as Match, event)).toBe(matched);
});

test('the cursor goes on behind a named operand', () => {
  const match: Match = {
    kind: 'match',
    event: 'ev',
    operands: [
      { name: 'B', negated: false, value: 'two' },
      { negated: false, value: '3' },
    ],
  };
  expect(matchesEvent(match, event)).toBe(true);
});

test('names of events are no patterns', () => {
  expect(matchesEvent(on('e*') as Match, event)).toBe(false);
});

test('operands are expanded against the instance for stop on, and against nothing for start on', () => {
  const match = on('ev', 'A=$N') as Match;
  expect(matchesEvent(match, event, { environment: new Map([['N', '1']]) })).toBe(true);
  expect(matchesEvent(match, event, { environment: new Map([['N', '2']]) })).toBe(false);
  expect(matchesEvent(match, event)).toBe(false);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the language has ${NAME} too
  expect(matchesEvent(on('ev', 'A=${N:-1}') as Match, event)).toBe(true);
});
