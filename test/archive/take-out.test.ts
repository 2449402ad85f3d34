import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { takeOut } from '../../src/archive/take-out.ts';
import { END, inChunks, pax, type RawHeader, raw, tar } from './raw-tar.ts';

let folder: string;
let into: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  into = join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const limits = { bytes: 1_000_000, count: 100 };
const out = (bytes: Buffer, more: { bytes?: number; count?: number } = {}) =>
  takeOut({ tar: inChunks(bytes, 3000), into, limits: { ...limits, ...more } });
const modeOf = (path: string) => (lstatSync(join(into, path)).mode & 0o7777).toString(8);
const text = (path: string) => readFileSync(join(into, path), 'utf8');

const file = (name: string, content = ''): RawHeader => ({ name, content });
const dir = (name: string, mode = '0000755\0'): RawHeader => ({ name, type: '5', mode });
const link = (name: string, target: string): RawHeader => ({ name, type: '2', target });
const hard = (name: string, target: string): RawHeader => ({ name, type: '1', target });

describe('what a guest wrote is taken out:', () => {
  test('files, folders and links, listed by name', async () => {
    const taken = await out(
      tar(
        dir('./'),
        file('b/c/d', 'deep'),
        link('l', 'b/c/../c/d'),
        file('a', 'abc'),
        hard('h', 'a'),
      ),
    );
    expect(taken).toEqual([
      { path: 'a', kind: 'file', size: 3 },
      { path: 'b', kind: 'folder', size: 0 },
      { path: 'b/c', kind: 'folder', size: 0 },
      { path: 'b/c/d', kind: 'file', size: 4 },
      { path: 'h', kind: 'file', size: 3 },
      { path: 'l', kind: 'link', size: 0 },
    ]);
    expect([text('a'), text('h'), text('l')]).toEqual(['abc', 'abc', 'deep']);
    expect(readlinkSync(join(into, 'l'))).toBe('b/c/../c/d');
    expect(lstatSync(join(into, 'h')).ino).toBe(lstatSync(join(into, 'a')).ino);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  test('modes without set-uid, set-gid and sticky, under the umask, readable for the owner', async () => {
    const mode = (name: string, bits: string): RawHeader => ({ name, mode: `000${bits}\0` });
    await out(
      tar(
        dir('./', '0007700\0'),
        mode('suid', '7755'),
        mode('open', '0666'),
        mode('shut', '0000'),
        mode('own', '0600'),
        dir('d', '0000000\0'),
        file('d/below'),
        dir('e', '0001777\0'),
        file('implied/f'),
      ),
    );
    const umask = process.umask();
    const masked = (mode: number) => (mode & ~umask).toString(8);
    expect(['', 'suid', 'open', 'shut', 'own', 'd', 'e', 'implied'].map(modeOf)).toEqual([
      '700',
      masked(0o755),
      masked(0o666),
      '400',
      '600',
      '700',
      masked(0o777),
      masked(0o777),
    ]);
  });

  test('whose it is: the one who runs it', async () => {
    await out(tar({ ...file('a'), uid: '0001750\0' }, { ...dir('d'), uid: '0001750\0' }));
    for (const name of ['a', 'd']) expect(lstatSync(join(into, name)).uid).toBe(process.getuid?.());
  });

  test('a name that comes twice as the same kind: the later one is there', async () => {
    const bytes = tar(
      file('a', 'one'),
      hard('h', 'a'),
      file('a', 'two'),
      link('l', 'x'),
      link('l', 'a'),
    );
    await out(
      Buffer.concat([
        bytes.subarray(0, -1024),
        tar(dir('d', '0000777\0'), dir('./d/', '0000700\0')),
      ]),
    );
    expect([text('a'), text('h'), readlinkSync(join(into, 'l'))]).toEqual(['two', 'one', 'a']);
    expect(modeOf('d')).toBe('700');
    expect(lstatSync(join(into, 'a')).nlink).toBe(1);
  });

  test('names of any bytes', async () => {
    const names = ['\xff\xfe', '-rf', 'a b', '\n', `"'\\`, 'n'.repeat(255), '*', ' '];
    const long = names.flatMap((name) => [pax({ path: name }), file('x', name)]);
    const taken = await out(tar(...long));
    const found = readdirSync(into, { encoding: 'buffer' }).map((name) => name.toString('latin1'));
    expect(found.sort()).toEqual([...names].sort());
    expect(taken.map(({ path }) => path)).toContain('\ufffd\ufffd');
    expect(readFileSync(join(into, '-rf'), 'latin1')).toBe('-rf');
  });

  test('nothing, of a disk on which nothing was written, into a folder that is empty', async () => {
    mkdirSync(into);
    expect(await out(Buffer.alloc(100_000))).toEqual([]);
    rmSync(into, { recursive: true });
    expect(await out(END)).toEqual([]);
    expect(readdirSync(into)).toEqual([]);
  });

  test('without what is behind its end marker', async () => {
    const disk = Buffer.concat([tar(file('a')), tar(file('../b')), Buffer.alloc(9000, 0xff)]);
    expect(await out(disk)).toHaveLength(1);
  });

  test('links that lead nowhere or to the root, and over no more than forty others', async () => {
    const chain = Array.from({ length: 38 }, (_, n) => link(`l${n}`, `./l${n + 1}`));
    const links = [link('d/up', '..'), link('d/gone', 'not/here'), link('self', '.')];
    expect(await out(tar(...chain, file('l38'), ...links, link('d/x', 'up/l0')))).toHaveLength(44);
  });
});

describe('a hostile tar is refused, and nothing is left of it:', () => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['an absolute name', tar(file('a'), file('/etc/x')), /"\/etc\/x" is absolute/],
    ['a ..', tar(file('a'), file('d/../../x')), /has a .. in it/],
    ['a link to an absolute name', tar(link('l', '/etc')), /link "l" to "\/etc" is absolute/],
    ['a link out', tar(link('d/l', '../../x')), /link "d\/l" to "..\/..\/x" leads out/],
    ['a link out and in again', tar(link('l', '../out/a'), file('a')), /leads out/],
    ['a link out over a link', tar(dir('d/e'), link('l', 'd/e'), link('m', 'l/../../..')), /"m"/],
    ['a link out over one behind it', tar(link('m', 'l/..'), link('l', 'd/..')), /"m" to/],
    ['a link up from nothing', tar(link('l', 'a/../b')), /goes up from where nothing is/],
    ['a link up from a file', tar(file('a'), link('l', 'a/../b')), /goes up from where nothing/],
    ['a link to itself', tar(link('l', 'l')), /too many links/],
    ['links in a circle', tar(link('l', 'm'), link('m', 'n/x'), link('n', 'l')), /too many links/],
    ['links that go over each other', tar(...bomb(30)), /too many links/],
    [
      'a file through a link',
      tar(link('l', '/tmp'), file('l/x')),
      /"l\/x" is below "l", which is a link/,
    ],
    ['a file through a link inside', tar(dir('d'), link('l', 'd'), file('l/x')), /below "l"/],
    ['a folder through a link', tar(link('l', '..'), dir('l/x')), /below "l"/],
    [
      'a link over a folder',
      tar(dir('d'), link('d', '/tmp'), file('d/x')),
      /a folder and as a link/,
    ],
    [
      'a folder over a link',
      tar(link('d', '/tmp'), dir('d'), file('d/x')),
      /a link and as a folder/,
    ],
    ['a file over a link', tar(link('l', '/etc/x'), file('l', 'y')), /a link and as a file/],
    ['a link over a file', tar(file('l'), link('l', '/etc/x')), /a file and as a link/],
    ['a file over a folder', tar(file('d/x'), file('d')), /a folder and as a file/],
    ['a folder over a file', tar(file('d'), dir('d')), /a file and as a folder/],
    [
      'a hard link over a folder',
      tar(file('f'), dir('d'), hard('d', 'f')),
      /a folder and as a file/,
    ],
    ['a file below a file', tar(file('f'), file('f/x')), /"f\/x" is below "f", which is a file/],
    ['a file as the root', tar({ type: '0', ...pathOf('.') }), /root is no folder/],
    ['a link as the root', tar(link('.', '/tmp')), /root is no folder/],
    ['a hard link to the root', tar(hard('h', './')), /no file that came before/],
    ['a hard link out', tar(hard('h', '../x')), /has a .. in it/],
    ['a hard link to an absolute name', tar(hard('h', '/etc/passwd')), /absolute/],
    ['a hard link to what is not there', tar(hard('h', 'etc/passwd')), /no file that came before/],
    ['a hard link to what comes later', tar(hard('h', 'f'), file('f')), /no file that came before/],
    ['a hard link to a link', tar(link('l', '/etc/passwd'), hard('h', 'l')), /no file that came/],
    ['a hard link through a link', tar(link('l', '/etc'), hard('h', 'l/passwd')), /no file that/],
    ['a hard link to a folder', tar(dir('d'), hard('h', 'd')), /no file that came before/],
    ['a hard link to itself', tar(file('f'), hard('f', 'f')), /no file that came before/],
    [
      'a character device',
      tar({ name: 'c', type: '3', major: '1', minor: '3' }),
      /"c" is a character/,
    ],
    ['a block device', tar({ name: 'b', type: '4', major: '10' }), /"b" is a block device/],
    ['a fifo', tar({ name: 'p', type: '6' }), /"p" is a fifo/],
    ['a sparse file', tar({ name: 's', type: 'S' }), /sparse/],
    ['a name of 256 bytes', tar(pax({ path: `d/${'n'.repeat(256)}` }), file('x')), /longer than/],
    ['a path of 4096 bytes', tar(pax({ path: 'dir/'.repeat(1024) }), file('x')), /longer than/],
    [
      'a target of 4096 bytes',
      tar(pax({ linkpath: 't'.repeat(4096) }), link('l', 'x')),
      /too long/,
    ],
    [
      'more bytes than allowed',
      tar(file('a', 'x'), file('b', 'y'.repeat(999_999)), file('c', 'z')),
      /"c" makes it more than the 1000000 bytes/,
    ],
    [
      'more bytes than allowed under one name',
      tar(...Array(3).fill(file('a', 'x'.repeat(400_000)))),
      /more than the 1000000/,
    ],
    ['a size that is not there', tar({ name: 'a', size: '00000777777\0' }), /ends too early/],
    [
      'a size in pax that is not there',
      tar(pax({ size: '999999' }), file('a', 'x')),
      /ends too early/,
    ],
    [
      'folders that nobody named',
      tar(pax({ path: 'd/'.repeat(100).concat('f') }), file('x')),
      /more than the 100 entries/,
    ],
    ['no end', raw(file('a')), /ends too early/],
  ];

  /** Each goes over the one before it twice: 2^n ways for who follows them all. */
  function bomb(length: number): RawHeader[] {
    const next = Array.from({ length }, (_, n) => link(`l${n + 1}`, `l${n}/l${n}`));
    return [link('l0', '.'), ...next];
  }

  function pathOf(name: string): RawHeader {
    return { name };
  }

  test.each(cases)('%s', async (_name, bytes, message) => {
    writeFileSync(join(folder, 'x'), 'outside');
    await expect(out(bytes)).rejects.toMatchObject({
      name: 'DomstartError',
      code: 'archive-invalid',
      message: expect.stringMatching(message),
    });
    expect(readdirSync(folder)).toEqual(['x']);
    expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('outside');
  });

  test('a file that claims more than the limit, before anything of it is read', async () => {
    let given = 0;
    async function* bytes() {
      yield raw({ name: 'a', size: '77777777777\0' });
      for (; ; given += 1) yield Buffer.alloc(65_536);
    }
    await expect(takeOut({ tar: bytes(), into, limits })).rejects.toThrow('"a" makes it more than');
    expect(given).toBe(0);
  });

  test.each([file('f'), dir('d'), link('l', 'x')])(
    'a million empty entries of one name',
    async (one) => {
      let given = 0;
      async function* bytes() {
        for (; given < 1_000_000; given += 1) yield raw(one);
      }
      await expect(takeOut({ tar: bytes(), into, limits })).rejects.toThrow(
        'more than the 100 entries',
      );
      expect(given).toBe(limits.count);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('names that alone would fill the memory', async () => {
    const one = Buffer.concat([pax({ linkpath: 't'.repeat(4000) }), raw(link('l', 'x'))]);
    let given = 0;
    async function* bytes() {
      for (; given < 1_000_000; given += 1) yield one;
    }
    const many = { bytes: 1_000_000, count: 1_000_000 };
    const taking = takeOut({ tar: bytes(), into, limits: many });
    await expect(taking).rejects.toThrow('its names alone have more than');
    expect(given).toBeLessThan(17_000);
  });
});

describe('taking out', () => {
  test('does not touch what is there already', async () => {
    mkdirSync(into);
    writeFileSync(join(into, 'mine'), 'mine');
    const error = { code: 'host-io', message: expect.stringContaining(`at ${into} already`) };
    await expect(out(tar(file('mine')))).rejects.toMatchObject(error);
    expect(text('mine')).toBe('mine');
    rmSync(into, { recursive: true });
    writeFileSync(into, 'mine');
    await expect(out(tar(file('mine')))).rejects.toMatchObject(error);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  test('does not touch what came there meanwhile', async () => {
    async function* bytes() {
      yield raw(file('a'));
      mkdirSync(into);
      writeFileSync(join(into, 'mine'), 'mine');
      yield END;
    }
    await expect(takeOut({ tar: bytes(), into, limits })).rejects.toMatchObject({
      code: 'host-io',
    });
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(into)).toEqual(['mine']);
  });

  test('says where the folder above is missing, and which tar', async () => {
    const nowhere = takeOut({ tar: inChunks(END, 512), into: join(into, 'x'), limits });
    await expect(nowhere).rejects.toMatchObject({ code: 'host-io', hint: 'make the folder first' });
    const missing = takeOut({ tar: join(folder, 'a.tar'), into, limits });
    await expect(missing).rejects.toMatchObject({ code: 'file-missing' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is given up in the middle of a file, and leaves nothing', async () => {
    const control = new AbortController();
    async function* bytes() {
      yield raw({ ...file('d/a'), size: '00000777777\0' });
      yield Buffer.alloc(1000);
      control.abort();
      await new Promise(() => {});
    }
    const taking = takeOut({ tar: bytes(), into, limits, signal: control.signal });
    await expect(taking).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is given up when all is read, and leaves nothing', async () => {
    const control = new AbortController();
    async function* bytes() {
      try {
        yield tar(file('a'), link('l', 'a'));
      } finally {
        control.abort();
      }
    }
    const taking = takeOut({ tar: bytes(), into, limits, signal: control.signal });
    await expect(taking).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of two at once, one is there whole and the other is told', async () => {
    const results = await Promise.allSettled([out(tar(file('a'))), out(tar(file('b')))]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(into)).toHaveLength(1);
  });
});
