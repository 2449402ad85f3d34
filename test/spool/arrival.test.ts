import { expect, test } from 'vitest';
import { type Circumstances, isSame, judge, type Seen } from '../../src/spool/arrival.ts';

const NOW = 1_000_000;
const file: Seen = { kind: 'file', size: 5, modified: NOW - 10, changed: NOW - 10, inode: 7n };
const folder: Seen = { ...file, kind: 'folder', size: 4096 };
const around: Circumstances = {
  ...{ marked: false, renamed: false, local: false, open: false, now: NOW },
};

test.each<[string, Partial<Seen>, Partial<Circumstances>, object]>([
  ['one that came by rename', {}, { renamed: true }, { is: 'here', by: 'rename' }],
  ['an empty one may just have been made', { size: 0 }, { renamed: true }, { is: 'growing' }],
  ['one with a marker', {}, { marked: true }, { is: 'here', by: 'marker' }],
  ['one that was just written to', {}, {}, { is: 'growing', again: 1990 }],
  ['one that stood still', { modified: 0, changed: NOW - 2000 }, {}, { is: 'here', by: 'still' }],
  ['whose time was set back', { modified: 0 }, {}, { is: 'growing', again: 1990 }],
  ['that is open', { modified: 0, changed: 0 }, { open: true }, { is: 'growing', again: 2000 }],
  [
    'written here, and closed',
    { changed: NOW - 100, modified: NOW - 100 },
    { local: true },
    { is: 'here', by: 'still' },
  ],
  ['written here a moment ago', {}, { local: true }, { is: 'growing', again: 90 }],
  ['of a clock that is ahead', { changed: NOW + 1e9 }, {}, { is: 'growing', again: 2000 }],
  [
    'that was given a time to come',
    { modified: NOW + 1e9, changed: NOW - 2000 },
    {},
    { is: 'here', by: 'still' },
  ],
])('a file: %s', (_, seen, circumstances, judgement) => {
  expect(judge({ ...file, ...seen }, { ...around, ...circumstances })).toMatchObject(judgement);
});

test.each<[string, Partial<Seen>, Partial<Circumstances>, object]>([
  ['that came by rename', { inside: NOW - 500 }, { renamed: true }, { is: 'growing' }],
  [
    'whose rename was the last',
    { inside: NOW - 500, modified: NOW - 500 },
    { renamed: true },
    { is: 'here', by: 'rename' },
  ],
  ['that is empty', { modified: NOW - 500 }, { renamed: true }, { is: 'growing' }],
  [
    'in which a file was written to',
    { inside: NOW - 5, modified: 0 },
    { renamed: true },
    { is: 'growing', again: 1995 },
  ],
  [
    'that stood still with all in it',
    { inside: 0, modified: 0, changed: 0 },
    {},
    { is: 'here', by: 'still' },
  ],
  [
    'written to here: its files are many',
    { inside: NOW - 150, changed: NOW - 150 },
    { local: true },
    { is: 'growing' },
  ],
])('a folder: %s', (_, seen, circumstances, judgement) => {
  expect(judge({ ...folder, ...seen }, { ...around, ...circumstances })).toMatchObject(judgement);
});

test.each(['link', 'socket', 'pipe', 'device'] as const)(
  'a %s is refused, even with a marker',
  (kind) => {
    expect(judge({ ...file, kind }, { ...around, marked: true })).toEqual({
      is: 'refused',
      why: expect.stringMatching(/^not taken: it is a /),
    });
  },
);

test('what was written to or is another one is not the same', () => {
  expect(isSame(file, { ...file, changed: NOW })).toBe(true);
  for (const other of [{ size: 6 }, { modified: NOW }, { inode: 8n }, { kind: 'link' as const }]) {
    expect(isSame(file, { ...file, ...other })).toBe(false);
  }
});
