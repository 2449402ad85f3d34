import { expect, test } from 'vitest';
import { descend, type Lineage } from '../../src/engine/lineage.ts';

interface Step {
  readonly job: string;
  readonly instance?: string;
  readonly now?: number;
  /** The run before goes on meanwhile. */
  readonly waits?: true;
}

/** Each run is started by what the one before it did. */
function chain(steps: readonly Step[], from?: Lineage): Lineage | undefined {
  return steps.reduce<Lineage | undefined>((before, { job, instance = '', now = 0, waits }) => {
    // Its run is over before the next one begins, unless it waits for that.
    if (before !== undefined && waits !== true) before.over = true;
    return descend(before, { job, instance, now });
  }, from);
}

function namesOf(lineage: Lineage | undefined): string[] {
  return lineage === undefined ? [] : [...namesOf(lineage.parent), lineage.job];
}

function repeat(count: number, steps: (round: number) => readonly Step[]): Step[] {
  return Array.from({ length: count }, (_, round) => steps(round)).flat();
}

test('a run from outside has no parent; one that follows has it', () => {
  expect(chain([{ job: 'a' }])).toMatchObject({ job: 'a', parent: undefined, rounds: 1 });
  expect(namesOf(chain([{ job: 'a' }, { job: 'b' }, { job: 'c' }]))).toEqual(['a', 'b', 'c']);
});

test('a job that comes round takes the place of its earlier run', () => {
  const round = chain(repeat(30, () => [{ job: 'a' }, { job: 'b' }]));
  expect(namesOf(round)).toEqual(['a', 'b']);
  const next = chain([{ job: 'a' }], round);
  expect(namesOf(next)).toEqual(['a']);
  expect(next).toMatchObject({ rounds: 31, ofInstance: 31 });
});

test('fifty times within ten seconds are enough', () => {
  const ring = (count: number) => chain(repeat(count, () => [{ job: 'a' }, { job: 'b' }]));
  const last = ring(50);
  expect(() => chain([{ job: 'a' }], last)).toThrow(
    expect.objectContaining({
      code: 'event-loop',
      message: expect.stringMatching(
        /^event loop: a is not started again: .* 50 times within 10 s because .* by way of a → b → a$/,
      ),
      hint: expect.stringContaining('start on'),
    }),
  );
  expect(() => ring(51)).toThrow('event loop');
});

test('a job that comes round slowly is no loop', () => {
  const slow = repeat(500, (round) => [{ job: 'ticker', now: round * 210 }]);
  expect(chain(slow)).toMatchObject({ job: 'ticker', parent: undefined });
  const fast = repeat(101, (round) => [{ job: 'ticker', now: round * 150 }]);
  expect(() => chain(fast)).toThrow('event loop');
});

test('instances that start one another are no loop unless there are very many', () => {
  const steps = (count: number) =>
    repeat(count, (round) => [{ job: 'each', instance: String(round) }]);
  expect(chain(steps(10_000))).toMatchObject({ rounds: 10_000, ofInstance: 1 });
  expect(() => chain(steps(10_001))).toThrow('each (10000) is not started again');
});

test('a job that waits for more and more instances of itself is one', () => {
  const nest = (count: number) =>
    repeat(count, (round) => [
      { job: 'deep', instance: String(round), now: round * 1000, waits: true },
    ]);
  expect(chain(nest(100))).toMatchObject({ nested: 100 });
  expect(() => chain(nest(101))).toThrow('deep (100) is not started again: it runs 100 times');
});

test('a long ring is named by its beginning and its end', () => {
  const ring = repeat(101, () => Array.from({ length: 12 }, (_, at) => ({ job: `j${at}` })));
  expect(() => chain(ring)).toThrow(
    'by way of j0 → j1 → j2 → j3 → j4 → j5 → j6 → j7 → j8 → … → j11 → j0',
  );
});
