import { expect, it } from 'vitest';
import { readReleases } from '../../../src/image/base/release.ts';

const scope = { suite: 'bookworm', components: ['main'], architecture: 'amd64' };
const hash = (letter: string) => letter.repeat(64);

function release(codename: string, day: number, lines: readonly string[]): string {
  const date = `Sat, ${day} Nov 2026 10:00:00 UTC`;
  return `Origin: Debian\nSuite: stable\nCodename: ${codename}\nDate: ${date}\nSHA256:\n${lines.map((line) => ` ${line}\n`).join('')}`;
}

const LISTS = [
  `${hash('1')}      10 main/binary-amd64/Packages.xz`,
  `${hash('2')}      10 main/binary-arm64/Packages.xz`,
  `${hash('3')}      10 contrib/binary-amd64/Packages.xz`,
];
const digest = (...texts: string[]) => readReleases(texts, scope)?.digest;
const before = digest(release('bookworm', 14, LISTS));

it('counts the packages of what is used, and not when it was signed', () => {
  expect(digest(release('bookworm', 15, LISTS))).toBe(before);
  const other = LISTS.map((line, at) =>
    at === 0 ? line : line.replaceAll(/[23]{64}/g, hash('4')),
  );
  expect(digest(release('bookworm', 14, other))).toBe(before);
  expect(digest(release('bookworm', 14, [LISTS[0]?.replace('1', '5') ?? '']))).not.toBe(before);
});

it('takes the date of the suite itself, and all of them for the state', () => {
  const texts = [release('bookworm-security', 20, LISTS), release('bookworm', 14, LISTS)];
  const state = readReleases(texts, scope);
  expect(state?.epoch).toBe(Date.UTC(2026, 10, 14, 10) / 1000);
  expect(state?.digest).toBe(readReleases(texts.toReversed(), scope)?.digest);
  expect(state?.digest).not.toBe(before);
  expect(state?.releases.map(({ codename }) => codename)).toEqual([
    'bookworm',
    'bookworm-security',
  ]);
});

it('is nothing without a date', () => {
  expect(readReleases([], scope)).toBeUndefined();
  expect(readReleases(['Suite: x\n'], scope)).toBeUndefined();
});
