import { type Match, matches, type Operand } from '../model/condition.ts';
import { DomstartError } from '../model/errors.ts';
import { expand } from '../model/expand.ts';
import { matchesGlob } from '../model/glob.ts';
import type { JobDefinition } from '../model/job.ts';

/** Values of EVENT. The first three are Upstart's, and what a job without EVENT gets. */
const FILE_EVENTS = ['create', 'modify', 'delete', 'written'] as const;
export type FileEvent = (typeof FILE_EVENTS)[number];

/** What FILE names within its folder. */
type FileTarget =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'glob'; readonly glob: string }
  /** The folder itself: FILE ends with a slash. */
  | { readonly kind: 'folder' };

/** One `file` condition of a job. */
export interface FileInterest {
  /** FILE as the job has it. */
  readonly pattern: string;
  /** Absolute, without a slash at the end. */
  readonly folder: string;
  readonly target: FileTarget;
  readonly events: readonly FileEvent[];
}

export interface FileInterests {
  readonly interests: readonly FileInterest[];
  /** Conditions that can never come true by the file bridge. */
  readonly problems: readonly DomstartError[];
}

/** The `file` conditions of `start on` and `stop on`. */
export function fileInterests(job: JobDefinition): FileInterests {
  const interests: FileInterest[] = [];
  const problems: DomstartError[] = [];
  for (const condition of [job.startOn, job.stopOn]) {
    if (condition === undefined) continue;
    for (const match of matches(condition)) {
      if (match.event !== 'file') continue;
      const read = readMatch(match);
      if ('fault' in read) problems.push(problemOf(job, read));
      else interests.push(read);
    }
  }
  return { interests, problems };
}

interface Fault {
  readonly fault: string;
  readonly hint: string;
}

function problemOf(job: JobDefinition, { fault, hint }: Fault): DomstartError {
  return new DomstartError('not-supported', `job ${job.name} waits for a file in vain: ${fault}`, {
    hint,
  });
}

function readMatch({ operands }: Match): FileInterest | Fault {
  const file = operands.find(({ name }) => name === 'FILE');
  if (file === undefined || file.negated) {
    return { fault: 'its condition has no FILE=', hint: 'write start on file FILE=/some/path' };
  }
  const pattern = file.value;
  const expanded = expand(pattern, new Map());
  if (!expanded.ok || expanded.text !== pattern) {
    return {
      fault: `FILE=${pattern} has a variable, and there is none yet when files are watched`,
      hint: 'write the path out, or a pattern like FILE=/srv/in/*.job and use $MATCH',
    };
  }
  if (!pattern.startsWith('/')) {
    return { fault: `FILE=${pattern} is not absolute`, hint: 'begin FILE with a slash' };
  }
  const slash = pattern.lastIndexOf('/');
  const folder = pattern.slice(0, slash);
  if (isGlob(folder)) {
    return {
      fault: `FILE=${pattern} has a pattern before the last slash`,
      hint: 'name each folder in a condition of its own, joined with or',
    };
  }
  const target = targetOf(pattern.slice(slash + 1));
  const events = eventsOf(operands, target);
  if ('fault' in events) return events;
  return { pattern, folder: plainFolder(folder), target, events };
}

function targetOf(text: string): FileTarget {
  if (text === '') return { kind: 'folder' };
  return isGlob(text)
    ? { kind: 'glob', glob: text }
    : { kind: 'name', name: withoutBackslashes(text) };
}

/** No EVENT stands for Upstart's three; otherwise every kind that the operand matches. */
function eventsOf(operands: readonly Operand[], target: FileTarget): readonly FileEvent[] | Fault {
  const operand = operands.find(({ name }) => name === 'EVENT');
  if (operand === undefined) return FILE_EVENTS.slice(0, 3);
  const possible = target.kind === 'folder' ? FILE_EVENTS.slice(0, 3) : FILE_EVENTS;
  const { value, negated } = operand;
  const events = possible.filter((event) => matchesGlob(value, event) !== negated);
  if (events.length > 0) return events;
  return {
    fault: `EVENT${negated ? '!=' : '='}${value} never happens to a ${target.kind === 'folder' ? 'folder' : 'file'}`,
    hint: `one of ${possible.join(', ')}`,
  };
}

function isGlob(text: string): boolean {
  return /[*?[]/.test(text.replaceAll(/\\./gs, ''));
}

function withoutBackslashes(text: string): string {
  return text.replaceAll(/\\(.)/gs, '$1');
}

function plainFolder(text: string): string {
  return withoutBackslashes(text).replaceAll(/\/+/g, '/').replace(/\/$/, '') || '/';
}
