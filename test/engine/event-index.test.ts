import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventIndex } from '../../src/engine/event-index.ts';
import { matchesEvent } from '../../src/engine/match.ts';
import type { Match } from '../../src/model/condition.ts';
import { createEvent } from '../../src/model/event.ts';
import type { Dialect } from '../../src/model/job.ts';
import { on } from '../support/job.ts';

const stopped = (job: string) =>
  createEvent('stopped', [
    { name: 'JOB', value: job },
    { name: 'INSTANCE', value: '' },
    { name: 'RESULT', value: 'ok' },
  ]);

function indexOf(conditions: readonly (readonly string[])[], dialect: Dialect = 'init') {
  const index = new EventIndex<number>();
  const leaves = conditions.map((operands) => on('stopped', ...operands));
  for (const [at, leaf] of leaves.entries()) index.add(leaf, dialect, at);
  return {
    index,
    ask: (job: string) => [...index.get(stopped(job))].sort(),
    drop: (at: number) => index.delete(leaves[at], dialect, at),
  };
}

describe('who listens', () => {
  test('is found by the value that a leaf wants', () => {
    const { ask } = indexOf([['JOB=one'], ['JOB=two'], ['two'], ['RESULT=ok', 'JOB=one']]);
    expect(ask('one')).toEqual([0, 3]);
    expect(ask('two')).toEqual([1, 2, 3]);
  });

  test('is asked of every event where what it wants is not plain', () => {
    const { ask } = indexOf([[], ['JOB=t*'], ['JOB!=one'], ['JOB=$X'], ['[o]ne'], ['JOB=\\one']]);
    expect(ask('three')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('in event.d goes by the first argument, and has no negation', () => {
    const { ask } = indexOf([['one'], ['two']], 'event.d');
    expect(ask('two')).toEqual([1]);
  });

  test('is forgotten', () => {
    const { index, ask, drop } = indexOf([['JOB=one'], ['JOB=one'], []]);
    drop(0);
    expect(ask('one')).toEqual([1, 2]);
    drop(2);
    drop(1);
    expect(ask('one')).toEqual([]);
    expect(index.hears('stopped')).toBe(false);
  });

  test('is there once where two of its leaves match', () => {
    const index = new EventIndex<string>();
    const condition = { kind: 'or', left: on('ev', 'A=1'), right: on('ev', 'B=1') } as const;
    index.add(condition, 'init', 'it');
    const event = createEvent('ev', [
      { name: 'B', value: '1' },
      { name: 'A', value: '1' },
    ]);
    expect([...index.get(event)]).toEqual(['it']);
    index.delete(condition, 'init', 'it');
    expect(index.hears('ev')).toBe(false);
  });
});

test('whoever matches is found, whatever the operands and variables', () => {
  const name = fc.constantFrom('A', 'B', 'C');
  const value = fc.constantFrom('', 'x', 'y', '*', '[x]', '\\x', '$A', 'x]');
  const operand = fc.record(
    { name, value, negated: fc.boolean() },
    { requiredKeys: ['value', 'negated'] },
  );
  const leaf = fc.record({
    kind: fc.constant('match' as const),
    event: fc.constantFrom('ev', 'other'),
    operands: fc.array(operand, { maxLength: 4 }),
  }) satisfies fc.Arbitrary<Match>;
  const variables = fc.array(fc.record({ name, value }), { maxLength: 5 });
  const dialects = fc.constantFrom<Dialect>('init', 'event.d');
  fc.assert(
    fc.property(fc.array(leaf), variables, dialects, (leaves, its, dialect) => {
      const index = new EventIndex<Match>();
      for (const one of leaves) index.add(one, dialect, one);
      const event = createEvent('ev', its);
      const found = index.get(event);
      const matching = leaves.filter((one) => matchesEvent(one, event, { dialect }));
      expect(matching.filter((one) => !found.has(one))).toEqual([]);
      for (const one of leaves) index.delete(one, dialect, one);
      expect(index.hears('ev') || index.hears('other')).toBe(false);
    }),
    { numRuns: 2000 },
  );
});
