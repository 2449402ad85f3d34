import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * Who may import whom among the folders of src/ (DESIGN in the README: model in the middle,
 * effects at the edges). A folder may always import itself.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  model: [],
  language: ['model'],
  ports: ['model'],
  engine: ['model', 'ports'],
  system: ['model'],
  process: ['model', 'ports', 'system'],
  domain: ['model', 'ports', 'system', 'archive'],
  archive: ['model', 'system'],
  tree: ['model', 'system'],
  image: ['model', 'ports', 'system', 'archive', 'tree'],
  guest: ['model', 'language', 'ports', 'system', 'tree'],
  host: ['model', 'ports', 'system'],
  embed: ['model', 'language', 'ports', 'engine', 'process', 'domain', 'image', 'guest', 'host'],
  watch: ['model', 'ports', 'system'],
  store: ['model', 'ports', 'system'],
  spool: ['model', 'ports', 'system', 'watch'],
  daemon: [
    'model',
    'language',
    'ports',
    'engine',
    'process',
    'host',
    'system',
    'embed',
    'watch',
    'store',
    'spool',
  ],
  cli: [
    'model',
    'language',
    'domain',
    'process',
    'host',
    'embed',
    'daemon',
    'guest',
    'tree',
    'image',
    'store',
    'spool',
  ],
  index: ['model', 'language', 'embed'],
};

/** Packages that may be imported, and where; what is not listed here may be imported nowhere. */
const PACKAGES: Record<string, readonly string[]> = {
  xstate: ['engine'],
  eventemitter3: ['engine'],
  execa: ['process', 'domain', 'host', 'image'],
  chokidar: ['watch'],
  re2js: ['domain'],
  pino: ['embed', 'daemon', 'cli'],
  commander: ['cli'],
};

/** Folders without effects: they may not even import Node's own modules. */
const PURE = ['model', 'language', 'ports'];

const root = resolve(import.meta.dirname, '../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) =>
  f.endsWith('.ts'),
);
const arrows = files.flatMap((file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\b[^;']*?from '([^']+)'|\bimport\('([^']+)'\)/gm);
  return Array.from(found, (match) => ({ file, to: (match[1] ?? match[2]) as string }));
});

const folderOf = (file: string) =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : 'index';

describe('the house', () => {
  test('has files and arrows to look at', () => {
    expect(files.length).toBeGreaterThan(40);
    expect(arrows.length).toBeGreaterThan(100);
    expect([...new Set(files.map(folderOf))].filter((folder) => !(folder in MAY_IMPORT))).toEqual(
      [],
    );
  });

  test('every import between folders is allowed', () => {
    const wrong = arrows
      .filter(({ to }) => to.startsWith('.'))
      .map(({ file, to }) => ({ file, target: relative(root, resolve(root, dirname(file), to)) }))
      .filter(({ file, target }) => {
        const [from, into] = [folderOf(file), folderOf(target)];
        return from !== into && target !== '../package.json' && !MAY_IMPORT[from]?.includes(into);
      });
    expect(wrong).toEqual([]);
  });

  test('packages are imported only where they belong', () => {
    const wrong = arrows.filter(({ file, to }) => {
      if (to.startsWith('.') || to.startsWith('node:')) return false;
      return !PACKAGES[to]?.includes(folderOf(file));
    });
    expect(wrong).toEqual([]);
  });

  test('the middle has no effects', () => {
    const wrong = arrows.filter(
      ({ file, to }) => PURE.includes(folderOf(file)) && to.startsWith('node:'),
    );
    expect(wrong).toEqual([]);
  });
});
