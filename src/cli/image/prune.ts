import { cacheFolder } from '../../host/paths.ts';
import { parseBytes } from '../../image/store/cache-limit.ts';
import type { CacheEntry } from '../../image/store/list-cache.ts';
import { pruneCache } from '../../image/store/prune-cache.ts';
import { DomstartError } from '../../model/errors.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { describe } from './list.ts';

export interface PruneOptions {
  /** Milliseconds. */
  readonly olderThan?: number;
  readonly largerThan?: string;
  readonly all?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const DEFAULT_AGE = 30 * 86_400_000;

/** `domstart image prune`. */
export function prune(options: PruneOptions): Promise<number> {
  const { dryRun = false, json } = options;
  return untilInterrupted(
    'image',
    ({ signal }) => pruneCache({ cache: cacheFolder(), ...wishOf(options), dryRun, signal }),
    ({ removed, kept }) => {
      for (const entry of removed) print(json ? entryLine(entry, true) : textLine(entry));
      if (json) for (const entry of kept) print(entryLine(entry, false));
      const bytes = removed.reduce((sum, entry) => sum + entry.bytes, 0);
      const used = kept.filter(({ leases }) => leases > 0).length;
      const stay = `${kept.length} stay${used === 0 ? '' : `, ${used} of them in use`}`;
      const would = dryRun ? 'would go' : 'removed';
      say(`image: ${removed.length} ${would}, ${formatBytes(bytes)}; ${stay}`);
    },
  );
}

function wishOf({ olderThan, largerThan, all }: PruneOptions) {
  const age = all ? undefined : (olderThan ?? (largerThan === undefined ? DEFAULT_AGE : undefined));
  return { olderThan: age, largerThan: largerThan === undefined ? undefined : size(largerThan) };
}

function size(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new DomstartError('variable-missing', `--larger-than ${text} is no size`, {
    hint: 'write a number of bytes, or one with K, M, G or T behind it: 500M',
  });
}

function textLine(entry: CacheEntry): string {
  return `${entry.kind}/${entry.key}  ${formatBytes(entry.bytes)}  ${describe(entry)}`.trimEnd();
}

function entryLine({ kind, key, bytes }: CacheEntry, removed: boolean): string {
  return JSON.stringify({ kind, key, bytes, removed });
}
