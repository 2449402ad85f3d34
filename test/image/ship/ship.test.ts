import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TarEntry } from '../../../src/archive/tar-entry.ts';
import { writeTar } from '../../../src/archive/write-tar.ts';
import { exportImage, exportRaw } from '../../../src/image/ship/export-image.ts';
import { importImage } from '../../../src/image/ship/import-image.ts';
import { obtain } from '../../../src/image/store/obtain.ts';

const MIB = 2 ** 20;
const KEY = '0123456789abcdef0123';
const { signal } = new AbortController();
const onProgress = () => {};

let scratch = '';
let here = '';
let there = '';
let file = '';

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'domstart-ship-'));
  here = join(scratch, 'here');
  there = join(scratch, 'there');
  file = join(scratch, 'image.domstart');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** 64 MiB and a bit, with something at the begin, around a border of pieces, and at the end. */
const SIZE = 64 * MIB + 512;

function fillDisk(path: string): void {
  const disk = openSync(path, 'w');
  for (const at of [0, 5 * MIB - 3, 40 * MIB, SIZE - 6]) writeSync(disk, 'data!\n', at);
  closeSync(disk);
  truncateSync(path, SIZE);
}

async function madeImage(): Promise<void> {
  const image = await obtain({
    ...{ cache: here, kind: 'images', key: KEY, what: 'the image', signal, onProgress },
    from: { kind: 'disks', key: KEY },
    async make(folder) {
      fillDisk(join(folder, 'disk.img'));
      return { size: SIZE, time: 7, uuid: 'u', description: 'a test', recipe: 'r' };
    },
  });
  image[Symbol.dispose]();
}

const take = () => importImage({ cache: there, file, signal, onProgress });
const give = () => exportImage({ cache: here, key: KEY, to: file, signal });
const diskOf = (cache: string) => join(cache, 'images', KEY, 'disk.img');

function nothingThere(): void {
  const images = join(there, 'images');
  const names = existsSync(images) ? readdirSync(images) : [];
  expect(names.filter((name) => !name.endsWith('.users'))).toEqual([]);
  const temporaries = join(there, 'tmp');
  expect(existsSync(temporaries) ? readdirSync(temporaries) : []).toEqual([]);
}

describe('an image', () => {
  test('is the same on another host, with its holes', async () => {
    await madeImage();
    await give();
    expect(statSync(file).size).toBeLessThan(20_000);
    expect(readdirSync(scratch).sort()).toEqual(['here', 'image.domstart']);
    expect(await take()).toEqual({ key: KEY, cached: false });
    expect(readFileSync(diskOf(there)).equals(readFileSync(diskOf(here)))).toBe(true);
    expect(statSync(diskOf(there)).blocks * 512).toBeLessThan(MIB);
    const manifest = JSON.parse(readFileSync(join(there, 'images', KEY, 'image.json'), 'utf8'));
    expect(manifest).toEqual({
      ...{ kind: 'images', key: KEY, created: expect.any(String) },
      ...{ size: SIZE, time: 7, uuid: 'u', description: 'a test', recipe: 'r', imported: true },
    });
    expect(await take()).toEqual({ key: KEY, cached: true });
  });

  test('that is there already is one reason more to look at the file', async () => {
    await madeImage();
    await give();
    await take();
    truncateSync(file, statSync(file).size - 20);
    await expect(take()).rejects.toMatchObject({ code: 'archive-invalid' });
    await give();
    expect(await take()).toEqual({ key: KEY, cached: true });
  });

  test('in a folder is none', async () => {
    const folder = importImage({ cache: there, file: scratch, signal, onProgress });
    await expect(folder).rejects.toMatchObject({
      code: 'file-missing',
      message: `cannot import ${scratch}: it is a folder`,
    });
  });

  test('is the same file twice, and replaces what was there', async () => {
    await madeImage();
    await give();
    const first = readFileSync(file);
    writeFileSync(file, 'something else');
    await give();
    expect(readFileSync(file).equals(first)).toBe(true);
  });

  test('is a plain disk, too', async () => {
    await madeImage();
    await exportRaw({ cache: here, key: KEY, to: file, signal });
    expect(readFileSync(file).equals(readFileSync(diskOf(here)))).toBe(true);
    expect(statSync(file).blocks * 512).toBeLessThan(MIB);
    expect(readdirSync(scratch).sort()).toEqual(['here', 'image.domstart']);
  });

  test('that is not there is named; one that is cancelled leaves nothing', async () => {
    for (const key of [KEY, '../..']) {
      await expect(exportImage({ cache: here, key, to: file, signal })).rejects.toMatchObject({
        code: 'file-missing',
        message: expect.stringContaining(key),
      });
    }
    await madeImage();
    const aborted = AbortSignal.abort();
    for (const write of [exportImage, exportRaw]) {
      await expect(
        write({ cache: here, key: KEY, to: file, signal: aborted }),
      ).rejects.toMatchObject({ code: 'cancelled' });
    }
    await give();
    await expect(
      importImage({ cache: there, file, signal: aborted, onProgress }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    nothingThere();
    expect(readdirSync(scratch).sort()).toEqual(['here', 'image.domstart']);
  });

  test.runIf(process.getuid?.() !== 0)('is not written where that is forbidden', async () => {
    await madeImage();
    mkdirSync(join(scratch, 'closed'));
    chmodSync(join(scratch, 'closed'), 0o500);
    const to = join(scratch, 'closed/x');
    await expect(exportImage({ cache: here, key: KEY, to, signal })).rejects.toMatchObject({
      code: 'host-io',
    });
  });
});

describe('is refused, and nothing is left of it', () => {
  async function refused(message: string | RegExp = ''): Promise<void> {
    await expect(take()).rejects.toMatchObject({
      code: 'archive-invalid',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    nothingThere();
  }

  test('a file that was cut', async () => {
    await madeImage();
    await give();
    const whole = readFileSync(file);
    for (const part of [0, 1, 10, 0.2, 0.5, 0.9, whole.length - 100]) {
      writeFileSync(file, whole.subarray(0, part < 1 ? whole.length * part : part));
      await refused(file);
    }
  });

  test('a tar that was cut, and packed again', async () => {
    await madeImage();
    await give();
    const tar = zstdDecompressSync(readFileSync(file));
    for (const length of [0, 511, 1024, 1536, MIB, tar.length - 2048, tar.length - 1025]) {
      writeFileSync(file, zstdCompressSync(tar.subarray(0, length)));
      await refused(file);
    }
  });

  test('a file of which any byte was changed', async () => {
    await madeImage();
    await give();
    const tar = zstdDecompressSync(readFileSync(file));
    // In the head's content, in a piece, in the name of a piece, in the digest.
    const places = [tar.indexOf('a test'), tar.indexOf('data!'), tar.indexOf('disk/0000') + 12];
    for (const at of [...places, tar.lastIndexOf('sha256') + 512]) {
      const changed = Buffer.from(tar);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(file, zstdCompressSync(changed));
      await refused(file);
    }
  });

  test('what is no image at all', async () => {
    writeFileSync(file, 'hello\n');
    await refused('damaged, or no exported image');
    writeFileSync(file, zstdCompressSync('hello\n'));
    await refused();
    writeFileSync(file, zstdCompressSync(Buffer.alloc(4096)));
    await refused('it is empty');
    rmSync(file);
    await expect(take()).rejects.toMatchObject({ code: 'file-missing' });
    nothingThere();
  });

  type Piece = Partial<TarEntry> & { readonly path: string; readonly content?: string };
  const manifest = { kind: 'images', key: KEY, size: 8192 };
  const head = (fields: object = {}, more: object = {}): Piece => ({
    path: 'image.json',
    content: JSON.stringify({
      format: 'domstart-image',
      version: 1,
      manifest: { ...manifest, ...fields },
      ...more,
    }),
  });
  const piece = (offset: number, content = 'x'): Piece => ({
    path: `disk/${offset.toString(16).padStart(16, '0')}`,
    content,
  });

  /** The file that somebody has put together, with a digest that is right. */
  async function putTogether(pieces: readonly Piece[], behind: readonly Piece[] = []) {
    const hash = createHash('sha256');
    for (const { path, content = '' } of pieces)
      hash.update(`${path}\0${content.length}\0${content}`);
    const all = [...pieces, { path: 'sha256', content: hash.digest('hex') }, ...behind];
    const items = all.map(({ content = '', ...rest }) => {
      const own = { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0 } as const;
      return { entry: { ...own, size: content.length, ...rest }, content: Buffer.from(content) };
    });
    writeFileSync(file, zstdCompressSync(await buffer(writeTar(items))));
  }

  test.each<[string, readonly Piece[], (readonly Piece[])?]>([
    ['a key that leads out', [head({ key: '../../../../x' })]],
    ['no key', [head({ key: undefined })]],
    ['a base', [head({ kind: 'bases' })]],
    ['no size', [head({ size: '8192' })]],
    ['a size below nothing', [head({ size: -1 })]],
    ['a size that no disk has', [head({ size: 2 ** 50 })]],
    ['another version', [head({}, { version: 2 })]],
    ['another format', [head({}, { format: 'x' })]],
    ['a head that is no JSON', [{ path: 'image.json', content: '{' }]],
    ['a head that is null', [{ path: 'image.json', content: 'null' }]],
    ['no head', [piece(0)]],
    ['a head that is a link', [{ path: 'image.json', kind: 'link', target: '/etc/passwd' }]],
    ['a second head', [head(), head()]],
    ['a piece behind the end of the disk', [head(), piece(8192)]],
    ['a piece that goes over the end', [head(), piece(4096, 'x'.repeat(4097))]],
    ['a piece far away', [head(), piece(2 ** 52)]],
    ['pieces in disorder', [head(), piece(4096), piece(0)]],
    ['a piece twice', [head(), piece(0), piece(0)]],
    ['a piece between blocks', [head(), piece(1)]],
    ['a piece that is too long', [head({ size: 2 ** 30 }), piece(0, 'x'.repeat(MIB + 1))]],
    ['another file', [head(), { path: 'etc/passwd', content: 'x' }]],
    ['something behind the digest', [head(), piece(0)], [piece(4096)]],
  ])('%s', async (_what, pieces, behind) => {
    await putTogether(pieces, behind);
    await refused(file);
  });

  test('(one that is put together well is taken)', async () => {
    await putTogether([head(), piece(0), piece(4096, 'end')]);
    expect(await take()).toEqual({ key: KEY, cached: false });
    expect(readFileSync(diskOf(there)).toString('latin1', 4096, 4099)).toBe('end');
    expect(statSync(diskOf(there)).size).toBe(8192);
  });
});
