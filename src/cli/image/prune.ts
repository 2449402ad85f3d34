import { cacheFolder } from '../../host/paths.ts';
import { parseBytes } from '../../image/store/cache-limit.ts';
import type { PruneWish } from '../../image/store/choose-pruned.ts';
import type { CacheEntry } from '../../image/store/list-cache.ts';
import { pruneCache } from '../../image/store/prune-cache.ts';
import { type WhyKept, whyKept } from '../../image/store/why-kept.ts';
import { DomstartError } from '../../model/errors.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { describe, KINDS } from './entry-text.ts';

export interface PruneOptions {
  /** Milliseconds. */
  readonly olderThan?: number;
  readonly largerThan?: string;
  readonly all?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

const DAY = 86_400_000;
const DEFAULT_AGE = 30 * DAY;

/** `domstart image prune`. */
export function prune(options: PruneOptions): Promise<number> {
  const { dryRun = false, json } = options;
  const now = Date.now();
  return untilInterrupted(
    'image',
    async ({ signal }) => {
      const wish = wishOf(options);
      return { wish, ...(await pruneCache({ cache: cacheFolder(), ...wish, dryRun, signal })) };
    },
    ({ wish, removed, kept }) => {
      for (const entry of removed) {
        print(json ? entryLine(entry, { removed: true }) : textLine(entry, now));
      }
      for (const entry of kept) {
        const why = whyKept(entry, { kept, wish, now });
        if (json) print(entryLine(entry, { removed: false, why: why.kind }));
        else say(`image: ${KINDS[entry.kind]} ${entry.key} stays: ${reason(why)}`);
      }
      const bytes = removed.reduce((sum, entry) => sum + entry.bytes, 0);
      const would = dryRun ? 'would go' : 'removed';
      say(`image: ${removed.length} ${would}, ${formatBytes(bytes)}; ${kept.length} stay`);
    },
  );
}

function wishOf({ olderThan, largerThan, all }: PruneOptions): PruneWish {
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

function reason(why: WhyKept): string {
  switch (why.kind) {
    case 'used':
      return `it is in use by ${why.count} ${why.count === 1 ? 'process' : 'processes'}`;
    case 'needed':
      return `${KINDS[why.by.kind]} ${why.by.key} was made from it`;
    case 'recent':
      return 'it was used since';
    case 'small':
      return 'it is no larger';
    case 'taken':
      return 'somebody has begun to use it';
  }
}

function textLine(entry: CacheEntry, now: number): string {
  const days = Math.floor((now - entry.used) / DAY);
  const age = days < 1 ? 'used today' : `not used for ${days} days`;
  const { kind, key, bytes } = entry;
  return `${KINDS[kind]} ${key}  ${formatBytes(bytes)}  ${age}  ${describe(entry)}`.trimEnd();
}

function entryLine({ kind, key, bytes, used }: CacheEntry, more: object): string {
  return JSON.stringify({ kind, key, bytes, used: new Date(used).toISOString(), ...more });
}
