import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Every declaration file that the library's entry reaches, and every package they name. */
function reach(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const look = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, to = ''] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (to.startsWith('.'))
        look(join(dirname(file), to.replace(/\.ts$/, '.d.ts').replace(/\.js$/, '.d.ts')));
      else packages.add(to);
    }
  };
  look(entry);
  return { files, packages };
}

test("the library's types are whole, and name no package: nothing of XState leaks", () => {
  const { files, packages } = reach(resolve('dist/types/index.d.ts'));
  expect(files.size).toBeGreaterThan(10);
  expect([...packages]).toEqual([]);
});
