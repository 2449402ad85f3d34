import { cacheFolder } from '../../host/paths.ts';
import { findImages } from '../../image/find-images.ts';
import type { CacheEntryName } from '../../image/store/kinds.ts';
import { leaseHolders } from '../../image/store/lease.ts';
import { type CacheEntry, listCache } from '../../image/store/list-cache.ts';
import { DomstartError } from '../../model/errors.ts';
import { loadDomainJob } from '../domain-job.ts';
import { formatBytes } from '../format-bytes.ts';
import { print } from '../output.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { describe, entryJson, findByKey, KINDS } from './entry-text.ts';
import { isKey, wishOf } from './job-image.ts';

interface Shown {
  readonly entry: CacheEntry;
  /** Processes of this host that use it. */
  readonly users: readonly number[];
  /** What was made from it, and is no use without. */
  readonly needed: readonly CacheEntryName[];
}

/** `domstart image show KEY|JOB [KEY=VALUE…]`. */
export function show(
  what: string,
  words: readonly string[],
  { json }: { readonly json?: true },
): Promise<number> {
  return untilInterrupted(
    'image',
    async (work): Promise<Shown> => {
      const cache = cacheFolder();
      const entries = await listCache(cache);
      const entry = isKey(what)
        ? findByKey(entries, what)
        : await imageOfJob(what, words, { ...work, refresh: false });
      const { kind, key } = entry;
      const isFrom = ({ manifest }: CacheEntry) =>
        manifest?.from?.kind === kind && manifest.from.key === key;
      return { entry, users: leaseHolders(cache, entry), needed: entries.filter(isFrom) };
    },
    (shown) => {
      if (json) print(JSON.stringify(shownJson(shown)));
      else for (const line of shownLines(shown)) print(line);
    },
  );
}

async function imageOfJob(
  path: string,
  words: readonly string[],
  work: Parameters<typeof wishOf>[1],
): Promise<CacheEntry> {
  const { wish, options } = await wishOf(await loadDomainJob(path, words), work);
  const [image] = await findImages(wish, options);
  if (image !== undefined) return image;
  throw new DomstartError('file-missing', `there is no image of the job in ${path} yet`, {
    hint: `\`domstart image build ${path}\` makes it`,
  });
}

function shownJson({ entry, users, needed }: Shown) {
  return {
    ...entryJson(entry),
    users,
    needed: needed.map(({ kind, key }) => ({ kind, key })),
  };
}

function shownLines({ entry, users, needed }: Shown): string[] {
  const { manifest } = entry;
  const { base, packages: own, created, from, ...said }: Partial<Manifest> = manifest ?? {};
  const note = isRecord(base) ? base : {};
  const packages = own ?? note['packages'];
  const more = Object.entries(said).filter(([name]) => !TOLD.has(name));
  const rows: [string, unknown][] = [
    ['kind', KINDS[entry.kind]],
    ['key', entry.key],
    ['what', describe(entry)],
    ['folder', entry.folder],
    ['takes', formatBytes(entry.bytes)],
    ['created', created],
    ['used', new Date(entry.used).toISOString()],
    ['in use by', users.length === 0 ? undefined : `process ${users.join(', ')}`],
    ['needed by', needed.length === 0 ? undefined : needed.map(nameOf).join(', ')],
    ['made from', from === undefined ? undefined : nameOf(from)],
    ['base', note['key']],
    ['archives of', note['date']],
    ...more,
  ];
  return [
    ...rows.flatMap(([name, value]) =>
      value === undefined ? [] : [`${name.padEnd(12)} ${valueText(value)}`],
    ),
    ...packageLines(packages),
  ];
}

type Manifest = NonNullable<CacheEntry['manifest']>;

/** What the rows say already. */
const TOLD = new Set(['kind', 'key', 'description', 'imported']);

function nameOf({ kind, key }: CacheEntryName): string {
  return `${KINDS[kind]} ${key}`;
}

function packageLines(packages: unknown): string[] {
  if (!Array.isArray(packages) || packages.length === 0) return [];
  const list = packages as readonly { readonly name: string; readonly version: string }[];
  return [
    `${'packages'.padEnd(12)} ${list.length}`,
    ...list.map(({ name, version }) => `  ${name} ${version}`),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function valueText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
