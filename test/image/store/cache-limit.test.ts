import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { cacheLimit, parseBytes } from '../../../src/image/store/cache-limit.ts';
import { listCache } from '../../../src/image/store/list-cache.ts';
import { obtain } from '../../../src/image/store/obtain.ts';

afterEach(() => vi.unstubAllEnvs());

it('is a number of bytes, of powers of 1024 with a letter', () => {
  expect(cacheLimit({})).toBe(20 * 2 ** 30);
  expect(cacheLimit({ DOMSTART_CACHE_LIMIT: '5G' })).toBe(5 * 2 ** 30);
  expect(cacheLimit({ DOMSTART_CACHE_LIMIT: '0' })).toBe(Number.POSITIVE_INFINITY);
  expect(['1500', '1.5k', '2MiB', '3T', 'G', '-1', '1 X'].map(parseBytes)).toEqual([
    ...[1500, 1536, 2 ** 21, 3 * 2 ** 40],
    ...[undefined, undefined, undefined],
  ]);
  expect(() => cacheLimit({ DOMSTART_CACHE_LIMIT: 'much' })).toThrow('is no size: much');
});

it('is kept after something was made, by what was not used for the longest time', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'domstart-limit-'));
  try {
    vi.stubEnv('DOMSTART_CACHE_LIMIT', '250K');
    for (const letter of ['a', 'b', 'c']) {
      using made = await obtain({
        ...{ cache, kind: 'bases', key: letter.repeat(20), what: letter, onProgress: () => {} },
        signal: new AbortController().signal,
        make: async (folder) => {
          await writeFile(join(folder, 'file'), Buffer.alloc(100_000, 1));
          return {};
        },
      });
      expect(made.cached).toBe(false);
    }
    expect((await listCache(cache)).map(({ key }) => key[0])).toEqual(['c', 'b']);
  } finally {
    rmSync(cache, { recursive: true });
  }
});
