import { CHANNELS, type Expected, type StepLog } from './expected.ts';

/** The differences as a diff with its places; empty where both are equal. */
export function compare(expected: Expected, seen: readonly StepLog[]): string[] {
  if (expected.length === 0) return ['- (the record holds no step)'];
  const differences = expected.flatMap((step, at) => {
    const diff = compareStep(step, seen[at]);
    return diff.length === 0 ? [] : [`== ${at === 0 ? '' : `${at}: `}${step.step}`, ...diff];
  });
  // What was played and is not in the record was not compared.
  const more = seen.slice(expected.length).map(({ step }) => `+ (not in the record) ${step}`);
  return [...differences, ...more];
}

function compareStep(expected: StepLog, seen: StepLog | undefined): string[] {
  if (seen === undefined) return ['- (the step was not reached)'];
  const counting = CHANNELS.filter((channel) => channel !== 'C' || !expected.unanswered);
  const diff = counting.flatMap((channel) =>
    diffOf(expected.lines[channel], seen.lines[channel]).map((line) =>
      line.replace(' ', `${channel}| `),
    ),
  );
  if (expected.status !== seen.status && !expected.unanswered) {
    diff.push(`-R| ${expected.status ?? ''}`, `+R| ${seen.status ?? ''}`);
  }
  return diff;
}

/** `- line` and `+ line` where they differ, `  line` around; empty where they are equal. */
function diffOf(expected: readonly string[], seen: readonly string[]): string[] {
  const table = lengthsOf(expected, seen);
  const lines: string[] = [];
  let left = 0;
  let right = 0;
  while (left < expected.length || right < seen.length) {
    if (left < expected.length && right < seen.length && expected[left] === seen[right]) {
      lines.push(`  ${expected[left]}`);
      left += 1;
      right += 1;
    } else if (right >= seen.length || at(table, left + 1, right) >= at(table, left, right + 1)) {
      if (left < expected.length) lines.push(`- ${expected[left]}`);
      else lines.push(`+ ${seen[right++]}`);
      left += 1;
    } else {
      lines.push(`+ ${seen[right]}`);
      right += 1;
    }
  }
  return lines.some((line) => !line.startsWith('  ')) ? lines : [];
}

/** How many lines the rests from there on have in common, in order. */
function lengthsOf(one: readonly string[], other: readonly string[]): number[][] {
  const table = Array.from({ length: one.length + 2 }, () => Array(other.length + 2).fill(0));
  for (let left = one.length - 1; left >= 0; left -= 1) {
    for (let right = other.length - 1; right >= 0; right -= 1) {
      (table[left] as number[])[right] =
        one[left] === other[right]
          ? at(table, left + 1, right + 1) + 1
          : Math.max(at(table, left + 1, right), at(table, left, right + 1));
    }
  }
  return table;
}

function at(table: readonly number[][], left: number, right: number): number {
  return table[left]?.[right] ?? 0;
}
