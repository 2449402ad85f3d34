import type { CacheEntry } from '../../image/store/list-cache.ts';
import { DomstartError } from '../../model/errors.ts';

export const KINDS = { images: 'image', disks: 'disk', bases: 'base' } as const;

/** What it is, for people. */
export function describe({ manifest }: CacheEntry): string {
  if (manifest === undefined) return 'damaged: it is made anew when it is needed';
  const { description, source, packages, scripts, imported } = manifest;
  const notes = [
    typeof description === 'string' ? description : sourceText(source),
    Array.isArray(packages) && packages.length > 0 ? `${packages.length} packages` : '',
    typeof scripts === 'number' && scripts > 0 ? `image script: ${scripts}` : '',
    imported === true ? 'imported' : '',
  ];
  return notes.filter((note) => note !== '').join(', ');
}

function sourceText(source: unknown): string {
  return typeof source === 'object' && source !== null ? Object.values(source).join(' ') : '';
}

export function entryJson({ kind, key, folder, bytes, used, leases, manifest }: CacheEntry) {
  const when = new Date(used).toISOString();
  return { kind, key, folder, bytes, used: when, uses: leases, manifest };
}

/** By the beginning of its key. Throws where there is none, or more than one. */
export function findByKey(entries: readonly CacheEntry[], key: string): CacheEntry {
  const found = entries.filter((entry) => entry.key.startsWith(key));
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  const message =
    first === undefined
      ? `nothing in the cache has a key that begins with ${key}`
      : `${found.length} keys begin with ${key}: ${found.map((entry) => entry.key).join(', ')}`;
  throw new DomstartError('file-missing', message, {
    hint: '`domstart image list` shows what is there',
  });
}
