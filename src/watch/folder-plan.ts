import { matchesGlob } from '../model/glob.ts';
import type { FileEvent, FileInterest } from './file-interest.ts';

/** One FILE of some jobs, with every EVENT that any of them waits for. */
export interface Waiting {
  readonly pattern: string;
  readonly target: FileInterest['target'];
  readonly events: ReadonlySet<FileEvent>;
}

/** What is waited for in one folder. */
export interface FolderPlan {
  readonly folder: string;
  readonly byPattern: ReadonlyMap<string, Waiting>;
  /** Those that name the folder itself. */
  readonly whole: readonly Waiting[];
  /** Whether anybody waits for files to be written to the end. */
  readonly written: boolean;
  /** The names to look at; absent where the folder has to be read. */
  readonly names?: readonly string[];
  /** Who waits for an entry of this name. */
  waitingFor(name: string): readonly Waiting[];
  /** Whether a change of this entry is told to anybody. */
  matters(name: string): boolean;
}

export function planFolders(interests: Iterable<FileInterest>): Map<string, FolderPlan> {
  const folders = new Map<string, Map<string, Waiting>>();
  for (const { folder, pattern, target, events } of interests) {
    const patterns = folders.get(folder) ?? new Map<string, Waiting>();
    folders.set(folder, patterns);
    const merged = new Set([...(patterns.get(pattern)?.events ?? []), ...events]);
    patterns.set(pattern, { pattern, target, events: merged });
  }
  return new Map([...folders].map(([folder, patterns]) => [folder, planFolder(folder, patterns)]));
}

function planFolder(folder: string, byPattern: ReadonlyMap<string, Waiting>): FolderPlan {
  const whole: Waiting[] = [];
  const globs: { readonly glob: string; readonly waiting: Waiting }[] = [];
  const byName = new Map<string, Waiting[]>();
  for (const waiting of byPattern.values()) {
    const { target } = waiting;
    switch (target.kind) {
      case 'folder':
        whole.push(waiting);
        break;
      case 'glob':
        globs.push({ glob: target.glob, waiting });
        break;
      case 'name':
        byName.set(target.name, [...(byName.get(target.name) ?? []), waiting]);
        break;
    }
  }
  const wholeChanges = whole.some(({ events }) => events.has('modify'));
  const readsAll = globs.length > 0 || wholeChanges;
  const written = [...byPattern.values()].some(({ events }) => events.has('written'));
  const globsFor = (name: string) => globs.filter(({ glob }) => matchesName(glob, name));
  return {
    folder,
    byPattern,
    whole,
    written,
    ...(readsAll ? {} : { names: [...byName.keys()] }),
    waitingFor: (name) => [
      ...(byName.get(name) ?? []),
      ...globsFor(name).map(({ waiting }) => waiting),
    ],
    matters: (name) =>
      wholeChanges || byName.has(name) || globs.some(({ glob }) => matchesName(glob, name)),
  };
}

/** As a shell does it: a leading dot is matched by a dot only, so half-made files can hide. */
function matchesName(glob: string, name: string): boolean {
  if (name.startsWith('.') && !glob.startsWith('.') && !glob.startsWith('\\.')) return false;
  return matchesGlob(glob, name);
}

export function samePlan(left: FolderPlan, right: FolderPlan): boolean {
  return (
    left.byPattern.size === right.byPattern.size &&
    [...left.byPattern].every(([pattern, { events }]) => {
      const other = right.byPattern.get(pattern)?.events;
      return other?.size === events.size && [...events].every((event) => other.has(event));
    })
  );
}
