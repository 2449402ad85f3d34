import { basename } from 'node:path';
import { compare } from './compare.ts';
import type { StepLog } from './expected.ts';
import { playApart, removeLeftOvers } from './namespace.ts';
import { readScenario, type Scenario } from './scenario.ts';

export interface Verdict {
  readonly folder: string;
  readonly name: string;
  readonly about: string;
  readonly passed: boolean;
  /** Why it was not played; it has then neither passed nor failed. */
  readonly skipped?: string;
  /** Present where it passed as Domstart does it on purpose, which is not what Upstart did. */
  readonly ours?: string;
  readonly diff: readonly string[];
}

export interface RunOptions {
  readonly atOnce?: number;
  /** Ends what is played; of that, and of what was not come to, there is no verdict. */
  readonly signal?: AbortSignal;
  readonly onVerdict?: (verdict: Verdict) => void;
}

/**
 * Plays scenarios, so many at a time; told in the order in which they end. A folder that is no whole
 * scenario has failed.
 */
export async function runScenarios(
  folders: readonly string[],
  { atOnce = 6, signal = new AbortController().signal, onVerdict }: RunOptions = {},
): Promise<readonly Verdict[]> {
  await removeLeftOvers();
  const verdicts: Verdict[] = [];
  const waiting = [...folders];
  const next = async () => {
    while (!signal.aborted) {
      const folder = waiting.shift();
      if (folder === undefined) return;
      const verdict = await judge(folder, signal);
      if (signal.aborted) return;
      verdicts.push(verdict);
      onVerdict?.(verdict);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  return verdicts;
}

async function judge(folder: string, signal: AbortSignal): Promise<Verdict> {
  let of = { folder, name: basename(folder), about: '' };
  try {
    const scenario = readScenario(folder);
    of = { ...of, about: scenario.about };
    const played = await playApart(scenario, signal);
    if (played.kind === 'skipped') return { ...of, passed: false, skipped: played.why, diff: [] };
    return { ...of, ...judgeSteps(scenario, played.steps) };
  } catch (error) {
    return { ...of, passed: false, diff: [(error as Error).message] };
  }
}

function judgeSteps({ expected, ours }: Scenario, seen: readonly StepLog[]) {
  const diff = compare(expected, seen);
  if (diff.length === 0) return { passed: true, diff };
  if (ours === undefined) return { passed: false, diff };
  const other = compare(ours.expected, seen);
  return { passed: other.length === 0, ours: ours.why, diff: other };
}
