import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readTar } from '../../src/archive/read-tar.ts';
import { END, inChunks, pax, type RawHeader, raw, tar } from './raw-tar.ts';
import { readAll } from './read-all.ts';

/** What one entry was read as. */
async function one(...headers: readonly (RawHeader | Buffer)[]) {
  const [first, ...more] = await readAll(tar(...headers));
  expect(more).toEqual([]);
  return first?.entry;
}

const base256 = (length: number, value: bigint) =>
  Buffer.from(
    BigInt.asUintN(8 * length, value)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  );

describe('a tar is read', () => {
  test('with every kind of entry', async () => {
    const items = await readAll(
      tar(
        { name: './', type: '5', mode: '0000755\0' },
        { name: './etc/', type: '5', mode: '0040755\0' },
        { name: 'etc/hosts', content: 'hello\n', uid: '0001750\0', mtime: '14000000000\0' },
        { name: 'a', type: '2', target: '../outside' },
        { name: 'b', type: '1', target: './etc/hosts' },
        { name: 'c', type: '3', major: '0000005\0', minor: '0000001\0' },
        { name: 'd', type: '4', major: '0000010\0', minor: '0000000\0' },
        { name: 'e', type: '6', mode: '0004711\0' },
      ),
    );
    const plain = { uid: 0, gid: 0, mtime: 0, size: 0, mode: 0o644 };
    expect(items.map(({ entry }) => entry)).toEqual([
      { ...plain, path: '', kind: 'folder', mode: 0o755 },
      { ...plain, path: 'etc', kind: 'folder', mode: 0o755 },
      { ...plain, path: 'etc/hosts', kind: 'file', uid: 1000, mtime: 0o14000000000, size: 6 },
      { ...plain, path: 'a', kind: 'link', target: '../outside' },
      { ...plain, path: 'b', kind: 'hardlink', target: 'etc/hosts' },
      { ...plain, path: 'c', kind: 'character', major: 5, minor: 1 },
      { ...plain, path: 'd', kind: 'block', major: 8, minor: 0 },
      { ...plain, path: 'e', kind: 'fifo', mode: 0o4711 },
    ]);
    expect(items.map(({ content }) => content.toString()).join('')).toBe('hello\n');
  });

  test('in chunks of any size, and in none', async () => {
    const bytes = tar({ name: 'a', content: 'x'.repeat(2000) }, { name: 'b', content: 'y' });
    for (const size of [1, 511, 512, 513, 100_000]) {
      const items = await readAll(bytes, size);
      expect(items.map(({ content }) => content.length)).toEqual([2000, 1]);
    }
    const chunks = [Buffer.alloc(0), bytes, Buffer.alloc(0)];
    const names = [];
    for await (const { entry } of readTar(ReadableStream.from(chunks) as never))
      names.push(entry.path);
    expect(names).toEqual(['a', 'b']);
  });

  test('when its contents are passed over, or only begun', async () => {
    const bytes = tar({ name: 'a', content: 'x'.repeat(2000) }, { name: 'b', content: 'y' });
    const seen: string[] = [];
    for await (const { entry, content } of readTar(inChunks(bytes, 100))) {
      seen.push(entry.path);
      for await (const _ of content) break;
    }
    expect(seen).toEqual(['a', 'b']);
  });

  test('with the prefix of ustar, and without the times that GNU keeps at that place', async () => {
    expect((await one({ name: 'b', prefix: 'a/a' }))?.path).toBe('a/a/b');
    expect((await one({ name: 'b', prefix: '1234', magic: 'ustar  \0' }))?.path).toBe('b');
    expect((await one({ name: 'b', prefix: '1234', magic: '' }))?.path).toBe('b');
  });

  test('with names that are not UTF-8, quoted, dashed, or have the end of a line', async () => {
    for (const name of [
      '\xff\xfe',
      '-rf',
      'a b',
      '\n',
      `"'\\`,
      '\u00c3\u00bc',
      ' ',
      '*',
      '\x1b[2J',
    ]) {
      expect((await one({ name }))?.path).toBe(name);
      expect((await one(pax({ path: name }), { name: 'x' }))?.path).toBe(name);
      expect((await one({ type: 'L', content: `${name}\0` }, { name: 'x' }))?.path).toBe(name);
      expect((await one({ name: 'l', type: '2', target: name }))?.target).toBe(name);
    }
  });

  test('with long names: of pax, of GNU, and as the field itself', async () => {
    const long = `${'d'.repeat(255)}/${'f'.repeat(255)}`;
    expect((await one(pax({ path: long }), { name: 'x' }))?.path).toBe(long);
    expect((await one({ type: 'L', content: `${long}\0` }, { name: 'x' }))?.path).toBe(long);
    const both = [
      { type: 'K', content: long },
      { type: 'L', content: long },
    ] as const;
    const link = await one(...both, { name: 'x', type: '2', target: 'y' });
    expect(link).toMatchObject({ path: long, target: long });
    const paxed = await one(pax({ linkpath: long }), { name: 'x', type: '2', target: 'y' });
    expect(paxed?.target).toBe(long);
    expect((await one({ name: 'n'.repeat(100) }))?.path).toBe('n'.repeat(100));
  });

  test('with a checksum of signed characters, as some old writers have it', async () => {
    const block = raw({ name: '\xff\xfe' });
    const sum = block.reduce((before, byte, at) => before + (at >= 148 && at < 156 ? 32 : byte), 0);
    block.write(`${(sum - 512).toString(8).padStart(6, '0')}\0 `, 148);
    expect((await one(block))?.path).toBe('\xff\xfe');
  });

  test('with numbers in octal, in binary and in pax', async () => {
    expect((await one({ name: 'a', size: '  4\0', content: 'abcd' }))?.size).toBe(4);
    expect((await one({ name: 'a', uid: base256(8, (1n << 63n) | 3_000_000n) }))?.uid).toBe(
      3_000_000,
    );
    expect((await one({ name: 'a', mtime: base256(12, -86_400n) }))?.mtime).toBe(-86_400);
    const fields = { uid: '70000', gid: '80000', mtime: '12.9' };
    expect(await one(pax(fields), { name: 'a' })).toMatchObject({
      uid: 70_000,
      gid: 80_000,
      mtime: 12,
    });
    expect((await one(pax({ mtime: '-0.5' }), { name: 'a' }))?.mtime).toBe(-1);
    const content = 'x'.repeat(700);
    const sized = await readAll(
      tar(pax({ size: '700' }), { name: 'a', content, size: '0' }, { name: 'b' }),
    );
    expect(sized.map(({ entry }) => [entry.path, entry.size])).toEqual([
      ['a', 700],
      ['b', 0],
    ]);
  });

  test('with extended attributes, whatever bytes they have', async () => {
    const value = Buffer.from([0, 0xff, 0x0a, 0x3d]);
    const entry = await one(pax({ 'SCHILY.xattr.user.a%3Db%25': value }), { name: 'a' });
    expect(entry?.attributes).toEqual(new Map([['user.a=b%', value]]));
  });

  test('with a global header, such as that of git', async () => {
    const items = await readAll(
      tar(pax({ comment: 'abc', mtime: '7' }, 'g'), { name: 'a' }, pax({ mtime: '8' }), {
        name: 'b',
      }),
    );
    expect(items.map(({ entry }) => entry.mtime)).toEqual([7, 8]);
  });

  test('as empty where nothing was written on a disk, and to its end marker where more is', async () => {
    expect(await readAll(END)).toEqual([]);
    expect(await readAll(Buffer.alloc(1024 * 1024))).toEqual([]);
    const disk = Buffer.concat([tar({ name: 'a' }), Buffer.alloc(4096, 0xff), raw({ name: 'b' })]);
    expect((await readAll(disk)).map(({ entry }) => entry.path)).toEqual(['a']);
  });

  test('no further than its end marker', async () => {
    let asked = 0;
    async function* disk() {
      yield tar({ name: 'a' });
      for (;;) {
        asked += 1;
        yield Buffer.alloc(512, 1);
      }
    }
    for await (const { entry } of readTar(disk())) expect(entry.path).toBe('a');
    expect(asked).toBe(0);
  });

  test('from a file, which is closed also when one stops early', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'domstart-test-'));
    const file = join(folder.path, 'a.tar');
    await writeFile(file, tar({ name: 'a', content: 'x'.repeat(300_000) }, { name: 'b' }));
    expect((await readAll(file)).map(({ content }) => content.length)).toEqual([300_000, 0]);
    for await (const { entry } of readTar(file)) {
      expect(entry.path).toBe('a');
      break;
    }
  });
});

describe('a malformed tar is refused, with its place:', () => {
  const a = { name: 'a', content: 'abc' };
  const huge = base256(12, (1n << 95n) | (1n << 50n));
  const beyond = base256(12, (1n << 95n) | (1n << 70n));
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['no end marker', raw(a), /ends too early \(byte 1024, at or behind "a"\)/],
    ['no byte at all', Buffer.alloc(0), /ends too early \(byte 0, at its first entry\)/],
    ['cut in a header', tar(a).subarray(0, 300), /ends too early/],
    ['cut in a content', tar(a).subarray(0, 514), /ends too early \(byte 0, at or behind "a"\)/],
    ['cut in what fills it up', tar(a).subarray(0, 700), /ends too early/],
    ['a checksum', tar(a, { name: 'b', checksum: '000000\0 ' }), /checksum .* \(byte 1024,/],
    ['no tar', Buffer.alloc(2048, 'text'), /checksum/],
    ['a gzip file', gzipSync(Buffer.alloc(9000, 7), { level: 0 }), /compressed \(gzip\)/],
    ['a size in words', tar({ ...a, size: 'many' }), /size is no number/],
    ['a size with a sign', tar({ ...a, size: '-1\0' }), /size is no number/],
    ['a negative size', tar({ ...a, size: base256(12, -512n) }), /size of "a" is negative/],
    ['a negative size in pax', tar(pax({ size: '-1' }), a), /size of "a" is negative/],
    ['a huge size', tar({ ...a, size: huge }), /ends too early/],
    ['a size beyond numbers', tar({ ...a, size: beyond }), /size is a number that cannot be/],
    ['a size in pax beyond numbers', tar(pax({ size: '9999999999999999' }), a), /cannot be/],
    [
      'a size in pax that is none',
      tar(pax({ size: '0x10' }), a),
      /size is a number that cannot be/,
    ],
    ['a folder with content', tar({ ...a, type: '5' }), /folder and has 3 bytes/],
    ['a link with content', tar({ ...a, type: '2', target: 'b' }), /link and has 3 bytes/],
    ['an owner', tar({ ...a, uid: base256(8, -1n) }), /owner of "a"/],
    ['an absolute name', tar({ name: '/etc/passwd' }), /"\/etc\/passwd" is absolute/],
    ['an absolute name in pax', tar(pax({ path: '/x' }), a), /"\/x" is absolute/],
    ['an absolute name of GNU', tar({ type: 'L', content: '/x' }, a), /"\/x" is absolute/],
    ['an absolute prefix', tar({ name: 'b', prefix: '/a' }), /"\/a\/b" is absolute/],
    ['a ..', tar({ name: '../a' }), /"..\/a" has a .. in it/],
    ['a .. inside', tar({ name: 'a/../../b' }), /has a .. in it/],
    ['a .. at the end', tar({ name: 'a/..' }), /has a .. in it/],
    ['a hard link out', tar({ name: 'a', type: '1', target: '../b' }), /has a .. in it/],
    ['a hard link to an absolute name', tar({ name: 'a', type: '1', target: '/b' }), /absolute/],
    ['no name', tar({ name: '' }), /name of an entry is empty/],
    ['a zero byte in a name', tar(pax({ path: 'a\0b' }), a), /zero byte/],
    ['a zero byte in a long name', tar({ type: 'L', content: 'a\0b\0' }, a), /zero byte/],
    [
      'a zero byte in a link',
      tar(pax({ linkpath: 'a\0b' }), { name: 'a', type: '2' }),
      /zero byte/,
    ],
    ['a link to nothing', tar({ name: 'a', type: '2' }), /link "a" leads nowhere/],
    ['a sparse file of GNU', tar({ name: 'a', type: 'S' }), /sparse/],
    ['a sparse file of pax', tar(pax({ 'GNU.sparse.major': '1' }), a), /sparse/],
    ['another kind', tar({ name: 'a', type: 'M' }), /"a" is of a kind \("M"\)/],
    ['a device', tar({ name: 'a', type: '3', major: '7777777\0' }), /device "a"/],
    ['pax without a length', tar({ type: 'x', content: 'path=a\n' }, a), /malformed/],
    ['pax with a length too long', tar({ type: 'x', content: '99 path=a\n' }, a), /malformed/],
    ['pax with a length too short', tar({ type: 'x', content: '5 path=a\n' }, a), /malformed/],
    ['pax without a value', tar({ type: 'x', content: '7 path\n' }, a), /malformed/],
    ['pax without an end', tar({ type: 'x', content: '9 path=a.' }, a), /malformed/],
    ['pax of length 0', tar({ type: 'x', content: '0 path=a\n' }, a), /malformed/],
    ['pax twice', tar(pax({ path: 'a' }), pax({ path: 'b' }), a), /two extended headers/],
    ['two long names', tar(pax({ path: 'a' }), { type: 'L', content: 'b' }, a), /two long names/],
    ['pax for nothing', tar(pax({ path: 'a' })), /extended header is the last/],
    ['a name for all', tar(pax({ path: 'a' }, 'g'), a), /global header/],
    ['a size for all', tar(pax({ size: '1' }, 'g'), a), /global header/],
  ];

  test.each(cases)('%s', async (_name, bytes, message) => {
    await expect(readAll(bytes)).rejects.toMatchObject({
      name: 'DomstartError',
      code: 'archive-invalid',
      message: expect.stringMatching(message),
    });
  });

  test.each(['x', 'g', 'L', 'K'])(
    'an extended header (%s) of 100 MB, before it is read',
    async (type) => {
      let given = 0;
      async function* bytes() {
        yield raw({ type, size: `${(100_000_000).toString(8)}\0` });
        for (; given < 100_000_000; given += 65_536) yield Buffer.alloc(65_536, 'a');
      }
      const reading = (async () => {
        for await (const _ of readTar(bytes()));
      })();
      await expect(reading).rejects.toMatchObject({
        code: 'archive-invalid',
        message: expect.stringContaining('100000000 bytes'),
      });
      expect(given).toBe(0);
    },
  );

  test('a name is shown without what a terminal would obey', async () => {
    const name = `../\x1b]0;x\x07\u00e2\u0080\u00ae\x9b${'n'.repeat(3000)}`;
    const error = await readAll(tar({ type: 'L', content: name }, { name: 'a' })).catch((e) => e);
    expect(error.message).toContain('\\u{202e}');
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('reading a tar', () => {
  test('that is not there, or a folder', async () => {
    const missing = { code: 'file-missing', message: expect.stringContaining('/nowhere/a.tar') };
    await expect(readAll('/nowhere/a.tar')).rejects.toMatchObject(missing);
    await expect(readAll(tmpdir())).rejects.toMatchObject({ code: 'file-missing' });
  });

  test('is given up at once, also where nothing comes', async () => {
    const control = new AbortController();
    const next = () => {
      setImmediate(() => control.abort());
      return new Promise<never>(() => {});
    };
    const never = { [Symbol.asyncIterator]: () => ({ next }) };
    const reading = readTar(never, { signal: control.signal }).next();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    const late = readTar(inChunks(tar({ name: 'a' }), 9), { signal: AbortSignal.abort() }).next();
    await expect(late).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('hands on the error of where its bytes come from', async () => {
    async function* failing() {
      yield raw({ name: 'a', content: 'abc' }).subarray(0, 513);
      throw new Error('the wire is cut');
    }
    const reading = (async () => {
      for await (const { content } of readTar(failing())) for await (const _ of content);
    })();
    await expect(reading).rejects.toThrow('the wire is cut');
  });

  test('has closed where its bytes come from when one stops early', async () => {
    let isClosed = false;
    async function* bytes() {
      try {
        yield tar({ name: 'a' }, { name: 'b' });
      } finally {
        await new Promise(setImmediate);
        isClosed = true;
      }
    }
    for await (const _ of readTar(bytes())) break;
    expect(isClosed).toBe(true);
  });

  test('tells who reads only the content that it is cut', async () => {
    const reader = readTar(inChunks(raw({ name: 'a', content: 'abc' }).subarray(0, 514), 512));
    const { value } = await reader.next();
    const reading = (async () => {
      for await (const _ of value?.content ?? []);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'archive-invalid' });
  });

  test('does not give the content of an entry out of turn', async () => {
    const reader = readTar(inChunks(tar({ name: 'a', content: 'abc' }, { name: 'b' }), 512));
    const first = await reader.next();
    await reader.next();
    const late = first.value?.content[Symbol.asyncIterator]().next();
    await expect(late).rejects.toMatchObject({ code: 'internal' });
  });
});
