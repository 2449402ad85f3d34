import { expect, test } from 'vitest';
import {
  isHidden,
  keyOf,
  localName,
  markedBy,
  nameOfKey,
  namesBeside,
} from '../../src/spool/names.ts';

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part])));

test.each([
  [bytes('plain'), 'plain'],
  [bytes('-rf two\nlines "$x"'), '-rf two\nlines "$x"'],
  [bytes('ünï'), 'ünï'],
  [bytes(0xff, 'a'), '%FFa'],
  [bytes('100%', 0xc3), '100%%C3'],
])('what %s is called where it must be a text', (name, local) => {
  expect(localName(name)).toBe(local);
  expect(nameOfKey(keyOf(name)).equals(name)).toBe(true);
});

test('a name of 255 bytes that are no text is cut, and told apart from others', () => {
  const one = Buffer.alloc(255, 0xff);
  const other = Buffer.concat([Buffer.alloc(254, 0xff), Buffer.from([0xfe])]);
  expect(localName(one)).toHaveLength(255);
  expect(localName(one)).not.toBe(localName(other));
});

test('names beside one that is taken are no longer than a name may be', () => {
  const [first, second, third] = namesBeside(bytes('a'));
  expect([first, second, third].map(String)).toEqual(['a', 'a.2', 'a.3']);
  const [, long] = namesBeside(Buffer.alloc(255, 'x'));
  expect(String(long)).toBe(`${'x'.repeat(253)}.2`);
});

test.each([
  ['a.done', 'a'],
  ['a.b.done', 'a.b'],
  ['a.DONE', undefined],
  ['.done', undefined],
  ['done', undefined],
])('%s marks %s', (name, of) => {
  expect(markedBy(Buffer.from(name))?.toString()).toBe(of);
});

test('names that begin with a dot are left alone', () => {
  expect(isHidden(bytes('.a.part'))).toBe(true);
  expect(isHidden(bytes('a.part'))).toBe(false);
});
