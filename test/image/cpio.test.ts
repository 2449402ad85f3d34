import { describe, expect, it } from 'vitest';
import { writeCpio } from '../../src/image/cpio.ts';
import type { ImageEntry } from '../../src/model/guest-files.ts';

const entries: ImageEntry[] = [
  { kind: 'folder', path: '/bin', mode: 0o755 },
  { kind: 'file', path: '/bin/true', mode: 0o755, content: 'exit 0\n' },
  { kind: 'link', path: '/bin/yes', target: 'true' },
  { kind: 'device', path: '/dev/null', mode: 0o666, major: 1, minor: 3 },
];

/** A newc reader written from the format's description, not from the writer. */
function read(archive: Buffer) {
  const found: { name: string; mode: number; size: number; rdev: string; content: string }[] = [];
  const four = (at: number) => Math.ceil(at / 4) * 4;
  for (let at = 0; ; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const nameEnd = at + 110 + field(11);
    expect(archive[nameEnd - 1]).toBe(0);
    const name = archive.toString('utf8', at + 110, nameEnd - 1);
    const from = four(nameEnd);
    const content = archive.toString('utf8', from, from + field(6));
    if (name === 'TRAILER!!!') {
      expect(from).toBe(archive.length);
      return found;
    }
    expect([field(2), field(3), field(5)]).toEqual([0, 0, 0]);
    const rdev = `${field(9)}:${field(10)}`;
    found.push({ name, mode: field(1), size: field(6), rdev, content });
    at = four(from + field(6));
  }
}

describe('a cpio archive', () => {
  it('holds files, folders, links and devices, owned by root and without times', () => {
    expect(read(writeCpio(entries))).toEqual([
      { name: 'bin', mode: 0o040755, size: 0, rdev: '0:0', content: '' },
      { name: 'bin/true', mode: 0o100755, size: 7, rdev: '0:0', content: 'exit 0\n' },
      { name: 'bin/yes', mode: 0o120777, size: 4, rdev: '0:0', content: 'true' },
      { name: 'dev/null', mode: 0o020666, size: 0, rdev: '1:3', content: '' },
    ]);
  });

  it('has the same bytes whatever the order of its entries', () => {
    expect(writeCpio(entries.toReversed()).equals(writeCpio(entries))).toBe(true);
  });

  it('ends on a multiple of four, so that another can follow', () => {
    for (const content of ['', 'a', 'ab', 'abc', 'abcd']) {
      const archive = writeCpio([{ kind: 'file', path: '/f', mode: 0o644, content }]);
      expect(archive.length % 4).toBe(0);
      expect(read(archive)[0]?.content).toBe(content);
    }
  });

  it('keeps the order of two entries of one name: the later one wins', () => {
    const twice = ['one', 'two'].map((content): ImageEntry => {
      return { kind: 'file', path: '/f', mode: 0o644, content };
    });
    expect(read(writeCpio(twice)).map(({ content }) => content)).toEqual(['one', 'two']);
  });
});
