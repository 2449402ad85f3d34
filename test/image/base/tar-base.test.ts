import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BaseSource, obtainBase } from '../../../src/image/base/base.ts';

let folder: string;
let cache: string;
let told: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-tar-'));
  cache = join(folder, 'cache');
  told = [];
  mkdirSync(join(folder, 'root/etc'), { recursive: true });
  writeFileSync(join(folder, 'root/etc/text'), 'text\n');
  symlinkSync('text', join(folder, 'root/etc/link'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function obtain(kind: 'tar' | 'directory', name: string) {
  const source: BaseSource = { kind, path: join(folder, name) };
  const signal = new AbortController().signal;
  return obtainBase({
    source,
    cache,
    mayFetch: false,
    signal,
    onProgress: (text) => told.push(text),
  });
}

function pack(name: string): Buffer {
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, name), '.']);
  return readFileSync(join(folder, name));
}

describe('a base from a tar', () => {
  it('is the plain tar, however it was compressed', async () => {
    const plain = pack('plain.tar');
    writeFileSync(join(folder, 'one.tar.gz'), gzipSync(plain));
    writeFileSync(join(folder, 'two.tar.zst'), zstdCompressSync(plain));
    execFileSync('xz', ['-k', join(folder, 'plain.tar')]);
    for (const name of ['plain.tar', 'one.tar.gz', 'two.tar.zst', 'plain.tar.xz']) {
      const base = await obtain('tar', name);
      expect(readFileSync(base.tar).equals(plain)).toBe(true);
      expect(base.manifest).toMatchObject({ contentBytes: 5, entries: 4 });
    }
  });

  it('is found by what is in it, not by its name or time, and is not read again', async () => {
    pack('plain.tar');
    const first = await obtain('tar', 'plain.tar');
    renameSync(join(folder, 'plain.tar'), join(folder, 'other.tar'));
    utimesSync(join(folder, 'other.tar'), 1, 1);
    const second = await obtain('tar', 'other.tar');
    expect([second.cached, second.key]).toEqual([true, first.key]);
    expect(told).toEqual([`copies ${folder}/plain.tar`]);
    // A memo of what the file is stands for the file: one that lies is believed.
    const memos = join(cache, 'digests');
    for (const name of readdirSync(memos)) writeFileSync(join(memos, name), 'f'.repeat(64));
    expect((await obtain('tar', 'other.tar')).cached).toBe(false);
  });

  it('is another one when the file has changed', async () => {
    pack('plain.tar');
    const first = await obtain('tar', 'plain.tar');
    writeFileSync(join(folder, 'root/etc/more'), '');
    pack('plain.tar');
    expect((await obtain('tar', 'plain.tar')).key).not.toBe(first.key);
  });

  it.each(['no.tar', 'root'])('that is no file is an error: %s', async (name) => {
    await expect(obtain('tar', name)).rejects.toMatchObject({
      code: 'file-missing',
      message: expect.stringContaining(`cannot read ${folder}/${name}`),
    });
  });

  it.each(['plain.tar', 'cut.tar.gz', 'cut.tar.zst', 'cut.tar.xz'])(
    'that is cut off is an error: %s',
    async (name) => {
      const plain = pack('plain.tar');
      execFileSync('xz', ['-k', join(folder, 'plain.tar')]);
      const whole: Record<string, Buffer> = {
        'plain.tar': plain.subarray(0, 1536),
        'cut.tar.gz': gzipSync(plain),
        'cut.tar.zst': zstdCompressSync(plain),
        'cut.tar.xz': readFileSync(join(folder, 'plain.tar.xz')),
      };
      const bytes = whole[name] as Buffer;
      writeFileSync(join(folder, name), name === 'plain.tar' ? bytes : bytes.subarray(0, -20));
      await expect(obtain('tar', name)).rejects.toMatchObject({
        code: 'archive-invalid',
        message: expect.stringContaining(join(folder, name)),
      });
      expect(readdirSync(join(cache, 'tmp'))).toEqual([]);
      expect(readdirSync(join(cache, 'bases')).filter((one) => !one.includes('.'))).toEqual([]);
    },
  );
});

describe('a base from a folder', () => {
  it('is made once, and again only when something in it has changed', async () => {
    const first = await obtain('directory', 'root');
    expect((await obtain('directory', 'root')).cached).toBe(true);
    writeFileSync(join(folder, 'root/etc/text'), 'next\n');
    const second = await obtain('directory', 'root');
    expect([second.cached, second.key === first.key]).toEqual([false, false]);
    const text = execFileSync('tar', ['-xOf', second.tar, './etc/text'], { encoding: 'utf8' });
    expect(text).toBe('next\n');
    expect(told).toEqual([`packs ${folder}/root`, `packs ${folder}/root`]);
  });

  it('is the same bytes again', async () => {
    const first = readFileSync((await obtain('directory', 'root')).tar);
    rmSync(join(cache, 'bases'), { recursive: true });
    const again = await obtain('directory', 'root');
    expect([again.cached, readFileSync(again.tar).equals(first)]).toEqual([false, true]);
  });

  it.each(['nothing', 'root/etc/text'])('that is none is an error: %s', async (name) => {
    await expect(obtain('directory', name)).rejects.toMatchObject({ code: 'file-missing' });
  });
});
