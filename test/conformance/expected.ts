/**
 * Records of the real program, made comparable (UPSTART.md, section 28): lines of one kind stand
 * together, and the states that 1.13 only passes through are taken out, the ones around them joined
 * where the first of them stood. What does not count in any record:
 *
 * - `reexec`: that a followed process executed another program; what came of it does count.
 * - A carriage return at the end of a line: what goes through a terminal has it, what goes through a
 *   pipe has not.
 * - An answer that is D-Bus's and not Upstart's: initctl asked for an object that was gone
 *   (section 27, number 12).
 */
export type Expected = readonly StepLog[];

/** What was seen of one step; the first is the start of the daemon. */
export interface StepLog {
  readonly step: string;
  /** `T`: the trace; `O`: what jobs wrote; `X`: the console; `C`: what the step printed. */
  readonly lines: Readonly<Record<Channel, readonly string[]>>;
  readonly status: string | undefined;
  /** The answer does not count. */
  readonly unanswered?: true;
}

export const CHANNELS = ['T', 'O', 'X', 'C'] as const;
export type Channel = (typeof CHANNELS)[number];

const PASSING = new Set([
  'security-spawning',
  'security',
  'pre-starting',
  'spawning',
  'post-starting',
  'pre-stopping',
  'post-stopping',
]);

export function parseExpected(text: string, { old }: { readonly old: boolean }): Expected {
  const steps: {
    step: string;
    lines: Record<Channel, string[]>;
    status: string | undefined;
  }[] = [];
  for (const line of text.split('\n')) {
    const head = /^== (?:\d+: )?(.*)$/.exec(line)?.[1];
    if (head !== undefined) {
      steps.push({ step: head, lines: { T: [], O: [], X: [], C: [] }, status: undefined });
      continue;
    }
    const step = steps.at(-1);
    const channel = line[0] as Channel | 'R';
    if (step === undefined || line[1] !== '|') continue;
    const text = withoutReturn(line.slice(3));
    if (channel === 'R') step.status = text;
    else if (channel !== 'T' || !text.startsWith('reexec ')) step.lines[channel].push(text);
  }
  return steps.map((step) => ({
    ...step,
    lines: { ...step.lines, T: old ? step.lines.T : joinStates(step.lines.T) },
    ...(step.lines.C.some(isOfDbus) && { unanswered: true as const }),
  }));
}

export function withoutReturn(line: string): string {
  return line.replace(/\r$/, '');
}

function isOfDbus(line: string): boolean {
  return /^initctl: (Method|Object|No such (method|object|interface|property))\b/.test(line);
}

interface Change {
  readonly job: string;
  readonly from: string;
  readonly to: string;
}

function joinStates(lines: readonly string[]): string[] {
  const joined: string[] = [];
  lines.forEach((line, at) => {
    const change = changeOf(line);
    if (change === undefined || (!PASSING.has(change.from) && !PASSING.has(change.to))) {
      joined.push(line);
    } else if (!PASSING.has(change.from)) {
      joined.push(`state ${change.job}: ${change.from} -> ${lastOf(change, lines.slice(at + 1))}`);
    }
  });
  return joined;
}

function changeOf(line: string): Change | undefined {
  const found = /^state (.*): (\S+) -> (\S+)$/.exec(line);
  return found === null
    ? undefined
    : { job: found[1] as string, from: found[2] as string, to: found[3] as string };
}

/** Where the passing states of a job lead. */
function lastOf({ job, to }: Change, rest: readonly string[]): string {
  for (const line of rest) {
    const next = changeOf(line);
    if (next?.job === job && !PASSING.has(next.to)) return next.to;
  }
  return to;
}
