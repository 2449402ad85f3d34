import { cacheFolder } from '../../host/paths.ts';
import { cacheLimit } from '../../image/store/cache-limit.ts';
import { listCache } from '../../image/store/list-cache.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../format-bytes.ts';
import { print, say } from '../output.ts';
import { table } from '../table.ts';
import { describe, entryJson, KINDS } from './entry-text.ts';

/** Keys are as long as that in lists; commands take the beginning of one. */
const SHORT = 10;

const HEAD = ['KIND', 'KEY', 'SIZE', 'USED (UTC)', 'IN USE', 'WHAT'];

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
    for (const line of table([HEAD, ...rows], { right: [2] })) {
      print(line);
    }
  }
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const limit = cacheLimit();
  const of = Number.isFinite(limit) ? ` of ${formatBytes(limit)}` : '';
  say(`${entries.length} in ${cacheFolder()}, ${formatBytes(total)}${of}`);
  return EXIT.ok;
}
