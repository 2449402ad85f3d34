import { expect, test } from 'vitest';
import { hostName } from '../../../src/image/system/hostname.ts';

test.each([
  ['noklus', 'noklus'],
  ['a.example.org', 'a.example.org'],
  ['build_1 x', 'build-1-x'],
  ['-.a..b.-', 'a.b'],
  ['--', 'domstart'],
  ['a'.repeat(70), 'a'.repeat(64)],
  [`${'a'.repeat(63)}.b`, 'a'.repeat(63)],
])('%j is the host %j', (asked, name) => {
  expect(hostName(asked)).toBe(name);
});
