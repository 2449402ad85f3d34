import { describe, expect, test } from 'vitest';
import type { TarEntry } from '../../src/archive/tar-entry.ts';
import { type TarInput, writeTar } from '../../src/archive/write-tar.ts';
import { readAll } from './read-all.ts';

const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0 } as const;
const named = (path: string): TarEntry => ({ ...plain, kind: 'file', path });

async function write(items: readonly TarInput[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(items)) parts.push(part);
  return Buffer.concat(parts);
}

const cases: Record<string, TarEntry> = {
  root: { ...plain, kind: 'folder', path: '', mode: 0o755 },
  folder: { ...plain, kind: 'folder', path: 'a/b', mode: 0o1777 },
  link: { ...plain, kind: 'link', path: 'l', target: '/../x' },
  hardlink: { ...plain, kind: 'hardlink', path: 'h', target: 'a/f' },
  character: { ...plain, kind: 'character', path: 'c', major: 4095, minor: 1_048_575 },
  block: { ...plain, kind: 'block', path: 'b', major: 8, minor: 1 },
  fifo: { ...plain, kind: 'fifo', path: 'p', mode: 0o7777 },
  'not UTF-8': named('\xff\xfe\x80'),
  'of 100 bytes': named('n'.repeat(100)),
  'of 101 bytes': named('n'.repeat(101)),
  'of 255 bytes': named('n'.repeat(255)),
  'for the prefix': named(`${'d'.repeat(155)}/${'n'.repeat(100)}`),
  'too long for the prefix': named(`${'d'.repeat(156)}/${'n'.repeat(100)}`),
  'a folder for the prefix': {
    ...plain,
    kind: 'folder',
    path: `${'d'.repeat(60)}/${'n'.repeat(99)}`,
  },
  'a folder of 100 bytes': { ...plain, kind: 'folder', path: 'n'.repeat(100) },
  'a long way down': named('d/'.repeat(2000).concat('n')),
  'a long target': { ...plain, kind: 'link', path: 'l'.repeat(200), target: 't'.repeat(4000) },
  'large numbers': { ...named('n'), uid: 4_294_967_294, gid: 2_097_152, mtime: 2 ** 40 },
  'before 1970': { ...named('n'), mtime: -1 },
  attributes: {
    ...named('n'),
    attributes: new Map([
      ['security.capability', Buffer.from([1, 0, 0, 2, 0xff, 0x0a])],
      ['user.=%3D', Buffer.alloc(0)],
      ['user.large', Buffer.alloc(65_536, 0x3d)],
    ]),
  },
};

describe('a tar that is written is read as it was:', () => {
  test.each(Object.entries(cases))('%s', async (_name, entry) => {
    const bytes = await write([{ entry }]);
    expect(bytes.length % 512).toBe(0);
    expect((await readAll(bytes)).map((item) => item.entry)).toEqual([entry]);
  });

  test('contents, in parts or whole', async () => {
    const size = 1025;
    const content = Buffer.alloc(size, 'c');
    async function* parts() {
      yield content.subarray(0, 1000);
      yield content.subarray(1000);
    }
    const entry = { ...named('n'), size };
    const bytes = await write([
      { entry, content },
      { entry, content: parts() },
      { entry: named('e') },
    ]);
    expect((await readAll(bytes)).map((item) => item.content.length)).toEqual([size, size, 0]);
    expect(bytes.length).toBe(512 * (2 * 4 + 1 + 2));
  });

  test('an empty one, and a size that ustar has no digits for', async () => {
    expect(await write([])).toEqual(Buffer.alloc(1024));
    const size = 2 ** 40;
    const { value } = await writeTar([{ entry: { ...named('n'), size } }]).next();
    await expect(readAll(Buffer.from(value as Uint8Array))).rejects.toThrow('ends too early');
  });

  test('the same bytes for the same entries, whatever the order of their attributes', async () => {
    const attributes = new Map([...(cases['attributes']?.attributes ?? [])].reverse());
    const items = Object.values(cases).map((entry) => ({ entry }));
    const turned = items.map((item) =>
      item.entry.attributes ? { entry: { ...item.entry, attributes } } : item,
    );
    expect((await write(items)).equals(await write(turned))).toBe(true);
  });
});

describe('a tar is not written', () => {
  test.each<[string, TarEntry]>([
    ['of a name that leads out', named('../a')],
    ['of an absolute name', named('/a')],
    ['of a name that is not normal', named('a//b')],
    ['of a name that is not bytes', named('\u20ac')],
    ['of a name with a zero byte', named('a\0')],
    ['of a link to nowhere', { ...plain, kind: 'link', path: 'a' }],
    ['of a file with a target', { ...named('a'), target: 'b' }],
    ['of a folder with content', { ...plain, kind: 'folder', path: 'a', size: 1 }],
  ])('%s', async (_name, entry) => {
    await expect(write([{ entry }])).rejects.toMatchObject({ code: 'internal' });
  });

  test.each([2, 4])('of a content that is not as long as told (%i)', async (size) => {
    const item = { entry: { ...named('a'), size }, content: Buffer.from('abc') };
    await expect(write([item])).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringContaining(`"a" does not have its ${size} bytes`),
    });
  });

  test('any further when it was given up', async () => {
    const items = [{ entry: { ...named('a'), size: 3 }, content: Buffer.from('abc') }];
    const writing = (async () => {
      for await (const _ of writeTar(items, { signal: AbortSignal.abort() }));
    })();
    await expect(writing).rejects.toMatchObject({ code: 'cancelled' });
  });
});
