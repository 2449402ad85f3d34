import { compare } from './compare.ts';
import { playApart, removeLeftOvers } from './namespace.ts';
import { readScenario } from './scenario.ts';

export interface Verdict {
  readonly folder: string;
  readonly name: string;
  readonly about: string;
  readonly passed: boolean;
  /** Present where it passed as Domstart does it on purpose, which is not what Upstart did. */
  readonly ours?: string;
  readonly diff: readonly string[];
}

/** Most of a scenario is waiting, so some are played at a time. */
const AT_ONCE = 6;

/** Plays scenarios, so many at a time; told in the order in which they end. */
export async function runScenarios(
  folders: readonly string[],
  options: { readonly atOnce?: number; readonly onVerdict?: (verdict: Verdict) => void } = {},
): Promise<readonly Verdict[]> {
  await removeLeftOvers();
  const verdicts: Verdict[] = [];
  const waiting = [...folders];
  const next = async () => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
      const verdict = await judge(folder);
      verdicts.push(verdict);
      options.onVerdict?.(verdict);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce ?? AT_ONCE }, next));
  return verdicts;
}

async function judge(folder: string): Promise<Verdict> {
  const scenario = readScenario(folder);
  const { name, about, expected, ours } = scenario;
  const of = { folder, name, about };
  try {
    const seen = await playApart(scenario);
    const diff = compare(expected, seen);
    if (diff.length === 0) return { ...of, passed: true, diff };
    if (ours === undefined) return { ...of, passed: false, diff };
    const other = compare(ours.expected, seen);
    return { ...of, passed: other.length === 0, ours: ours.why, diff: other };
  } catch (error) {
    return { ...of, passed: false, diff: [String(error)] };
  }
}
