import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from '../../../src/language/reference/generated-files.ts';
import { stanzasPage } from '../../../src/language/reference/stanzas-page.ts';
import { STANZAS } from '../../../src/language/stanzas/table.ts';

const root = resolve(import.meta.dirname, '../../..');

test.each([...generatedFiles()])('%s is what `npm run generate` writes', (file, text) => {
  expect(readFileSync(join(root, file), 'utf8')).toBe(text);
});

test('the page has every stanza, and every link of its index leads somewhere', () => {
  const page = stanzasPage();
  const headings = Array.from(page.matchAll(/^### (.+)$/gm), ([, words]) => words);
  expect(headings.toSorted()).toEqual([...new Set(STANZAS.map(({ words }) => words))].sort());
  const links = Array.from(page.matchAll(/\]\(#([^)]+)\)/g), ([, anchor]) => anchor);
  expect(links.toSorted()).toEqual(headings.map((words) => words?.replaceAll(' ', '-')).sort());
});

test.each([
  ['kill timeout', '- repeated: the last one counts; in event.d a second one is an error'],
  ['env', '- repeated: each one adds to those above it'],
  ['nice', '- `VALUE`: a whole number from -20 to 19'],
  [
    'respawn limit',
    '- `SECONDS`: a whole number from 0 to 2147483647; left out behind `unlimited`',
  ],
  ['console', '- `WHERE`: `none`, `output`, `owner` or `log`'],
])('of %s it says: %s', (words, fact) => {
  const [, entry = ''] = stanzasPage().split(`### ${words}\n`);
  expect(entry.split(/^##/m)[0]).toContain(fact);
});
