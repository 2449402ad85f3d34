import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileCacheFolder } from '../../src/cli/compile-cache.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-v8-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('each build has a folder of its own, and the builds before it have none any more', () => {
  const cache = join(folder, 'cache');
  const [one, other] = [join(folder, 'one.js'), join(folder, 'other.js')];
  for (const file of [one, other]) writeFileSync(file, '');
  const first = compileCacheFolder(() => cache, one);
  const foreign = compileCacheFolder(() => cache, other);
  expect(compileCacheFolder(() => cache, one)).toBe(first);
  utimesSync(one, 1, 1);
  const second = compileCacheFolder(() => cache, one);
  expect(second).not.toBe(first);
  expect(readdirSync(join(cache, 'v8')).sort()).toEqual(
    [second, foreign].map((path) => basename(path ?? '')).sort(),
  );
});

test('there is none where the cache cannot be used', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  expect(compileCacheFolder(() => join(file, 'cache'), file)).toBeUndefined();
  expect(
    compileCacheFolder(() => {
      throw new Error('no home');
    }, file),
  ).toBeUndefined();
});
