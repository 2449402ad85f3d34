/** Jobs that are loaded together, and the events among them. */
import { matchesGlob } from '../../model/glob.ts';
import type { JobDefinition } from '../../model/job.ts';
import { BUILT_IN, CONVENTIONAL } from './known-events.ts';
import type { WrittenJob } from './written-job.ts';

/** Event names as the jobs write them down, and whether some name is one of them. */
export interface EventNames {
  readonly names: ReadonlySet<string>;
  readonly has: (event: string) => boolean;
}

export interface JobNames {
  readonly names: ReadonlySet<string>;
  /** Whether one of them matches. */
  readonly has: (pattern: string) => boolean;
}

export function jobNames(names: ReadonlySet<string>): JobNames {
  /** Many jobs may wait for the same pattern, and each is compared with every name. */
  const patterns = new Map<string, boolean>();
  const has = (pattern: string): boolean => {
    if (names.has(pattern)) return true;
    if (!/[*?[\\]/.test(pattern)) return false;
    const known = patterns.get(pattern) ?? matchesAny(pattern, names);
    patterns.set(pattern, known);
    return known;
  };
  return { names, has };
}

function matchesAny(pattern: string, names: Iterable<string>): boolean {
  for (const name of names) if (matchesGlob(pattern, name)) return true;
  return false;
}

/** `initctl emit NAME` in a process of a job; options may stand before and behind the verb. */
const EMIT = /\b(?:initctl|domstart)(?:\s+-\S+)*\s+emit(?:\s+-\S+)*\s+["']?([^\s"';|&()<>$`]+)/g;

function* emittedBy({ emits, processes, domain }: JobDefinition): Generator<string> {
  yield* emits;
  for (const { event } of domain?.console.watch ?? []) yield event;
  for (const { text } of Object.values(processes)) {
    if (!text.includes('emit')) continue;
    for (const [, name] of text.matchAll(EMIT)) if (name !== undefined) yield name;
  }
}

/** What the loaded jobs, init and the usual programs emit; `NAME/failed` where NAME is known. */
export function eventsOf(jobs: readonly WrittenJob[]): EventNames {
  const names = new Set([...BUILT_IN, ...CONVENTIONAL]);
  for (const { job } of jobs) for (const name of emittedBy(job)) names.add(name);
  const patterns = [...names].filter((name) => /[*?[]/.test(name));
  const has = (event: string): boolean =>
    names.has(event) ||
    // A session's init hears of the system's events and of D-Bus under such names.
    event.startsWith(':') ||
    patterns.some((pattern) => matchesGlob(pattern, event)) ||
    (event.endsWith('/failed') && has(event.slice(0, -'/failed'.length)));
  return { names, has };
}
