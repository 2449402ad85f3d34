import type { Variable } from '../model/environment.ts';
import { matchesGlob } from '../model/glob.ts';
import type { FileEvent } from './file-interest.ts';
import type { Waiting } from './folder-plan.ts';
import { pathIn } from './folder-snapshot.ts';

export interface Announcement {
  readonly event: FileEvent;
  readonly folder: string;
  /** The entry; absent where the folder itself came or went. */
  readonly name?: string;
  readonly waiting: readonly Waiting[];
}

/**
 * The variables of each event that has to be emitted so that every job hears of it, and none twice:
 * where the FILE of one event satisfies the pattern of another job too, that one is enough.
 */
export function variablesFor(announcement: Announcement): Variable[][] {
  const { event, folder, name, waiting } = announcement;
  const wanted = waiting.filter(({ events }) => events.has(event));
  const kept = new Set(wanted);
  for (const one of wanted) {
    const covers = (other: Waiting) =>
      other !== one && matchesGlob(one.pattern, fileValue(other, announcement));
    if ([...kept].some(covers)) kept.delete(one);
  }
  // Where FILE is the path of the entry, MATCH would say it again.
  const match =
    name !== undefined && wanted.some(({ target }) => target.kind !== 'name')
      ? [{ name: 'MATCH', value: pathIn(folder, name) }]
      : [];
  return Array.from(kept, (one) => [
    { name: 'FILE', value: fileValue(one, announcement) },
    { name: 'EVENT', value: event },
    ...match,
  ]);
}

/**
 * FILE as the job has it, so that its condition matches. A pattern with a set or a backslash does
 * not match its own text; it matches the path.
 */
function fileValue({ pattern, target }: Waiting, { folder, name }: Announcement): string {
  if (matchesGlob(pattern, pattern)) return pattern;
  return pathIn(folder, target.kind === 'folder' ? '' : (name ?? ''));
}
