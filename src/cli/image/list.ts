import { cacheFolder } from '../../host/paths.ts';
import { cacheLimit } from '../../image/store/cache-limit.ts';
import { type CacheEntry, listCache } from '../../image/store/list-cache.ts';
import { DomstartError } from '../../model/errors.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';

/** Keys are as long as that in lists; commands take the beginning of one. */
const SHORT = 10;

const KINDS = { images: 'image', disks: 'disk', bases: 'base' } as const;

/** `domstart image list`. */
export async function list({ json }: { readonly json?: true }): Promise<number> {
  const entries = await listCache(cacheFolder());
  if (json) {
    for (const entry of entries) print(JSON.stringify(entryJson(entry)));
    return EXIT.ok;
  }
  const rows = entries.map((entry) => [
    KINDS[entry.kind],
    entry.key.slice(0, SHORT),
    formatBytes(entry.bytes),
    new Date(entry.used).toISOString().slice(0, 16).replace('T', ' '),
    entry.leases === 0 ? '' : `by ${entry.leases}`,
    describe(entry),
  ]);
  if (rows.length > 0) {
    for (const line of table([['KIND', 'KEY', 'SIZE', 'USED (UTC)', 'IN USE', 'WHAT'], ...rows])) {
      print(line);
    }
  }
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const limit = cacheLimit();
  const of = Number.isFinite(limit) ? ` of ${formatBytes(limit)}` : '';
  say(`${entries.length} in ${cacheFolder()}, ${formatBytes(total)}${of}`);
  return EXIT.ok;
}

/** `domstart image show KEY`. */
export async function show(key: string, { json }: { readonly json?: true }): Promise<number> {
  const entry = findByKey(await listCache(cacheFolder()), key);
  if (json) {
    print(JSON.stringify(entryJson(entry)));
    return EXIT.ok;
  }
  const { kind, key: _key, created, from, ...said } = entry.manifest ?? { kind: entry.kind };
  const lines = {
    ...said,
    kind: KINDS[entry.kind],
    key: entry.key,
    folder: entry.folder,
    size: formatBytes(entry.bytes),
    created,
    used: new Date(entry.used).toISOString(),
    'in use by': entry.leases,
    ...(from === undefined ? {} : { from: `${from.kind}/${from.key}` }),
  };
  for (const [name, value] of Object.entries(lines)) {
    if (value !== undefined) print(`${name.padEnd(12)} ${valueText(value)}`);
  }
  return EXIT.ok;
}

function valueText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** By the beginning of its key. Throws where there is none, or more than one. */
export function findByKey(entries: readonly CacheEntry[], key: string): CacheEntry {
  const found = entries.filter((entry) => entry.key.startsWith(key));
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0 && key !== '') return first;
  const message =
    first === undefined || key === ''
      ? `nothing in the cache has a key that begins with ${key || 'nothing'}`
      : `${found.length} keys begin with ${key}: ${found.map((entry) => entry.key).join(', ')}`;
  throw new DomstartError('file-missing', message, {
    hint: '`domstart image list` shows what is there',
  });
}

function entryJson({ kind, key, folder, bytes, used, leases, manifest }: CacheEntry) {
  const when = new Date(used).toISOString();
  return { kind, key, folder, bytes, used: when, uses: leases, manifest };
}

/** What it is, for people. */
export function describe({ manifest }: CacheEntry): string {
  if (manifest === undefined) return 'damaged: it is made anew when it is needed';
  if (typeof manifest['description'] === 'string') return manifest['description'];
  const source = manifest['source'] as Record<string, string> | undefined;
  return source === undefined ? '' : Object.values(source).join(' ');
}

/** Columns that are as wide as what is in them; sizes stand to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return column === 2 ? text.padStart(width) : text.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
