import { expect, test } from 'vitest';
import { matchesGlob } from '../../src/model/glob.ts';

test.each([
  ['', '', true],
  ['', 'x', false],
  ['abc', 'abc', true],
  ['abc', 'abcd', false],
  ['*', '', true],
  ['*', '.hidden/with/slashes', true],
  ['*.job', 'in/.a.job', true],
  ['*.job', 'a.job.tmp', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['?', '/', true],
  ['?', '', false],
  ['a**', 'a', true],
  ['[abc]x', 'bx', true],
  ['[!abc]x', 'bx', false],
  ['[^abc]x', 'dx', true],
  ['[a-c]', 'b', true],
  ['[a-c]', 'd', false],
  ['[]a]', ']', true],
  ['[a-]', '-', true],
  ['[[:digit:]x]', '7', true],
  ['[[:digit:]x]', 'y', false],
  ['[ab', '[ab', true],
  ['[ab', 'a', false],
  ['[\\]]', ']', true],
  ['\\*', '*', true],
  ['\\*', 'x', false],
  ['a\\', 'a', false],
  ['a\\', 'a\\', false],
  ['eth[0-9]', 'eth0', true],
])('%j against %j: %j', (pattern, text, matched) => {
  expect(matchesGlob(pattern, text)).toBe(matched);
});

test('many stars against a long text end soon', () => {
  expect(matchesGlob('*a'.repeat(30), 'a'.repeat(29) + 'b'.repeat(5000))).toBe(false);
});
