import { describe, expect, test } from 'vitest';
import {
  digestHead,
  HEAD_SIZE,
  holds,
  mayWrite,
  ownTags,
  stampOf,
  tagOf,
} from '../../../src/image/volume/stamp.ts';

const KEY = '0123456789abcdef0123';
const OTHER = 'f123456789abcdef0123';
const ZERO = Buffer.alloc(HEAD_SIZE);
const ours = Buffer.alloc(HEAD_SIZE, 'ours');
const theirs = Buffer.alloc(HEAD_SIZE, 'theirs');
const whole = tagOf({ kind: 'whole', key: KEY, head: digestHead(ours) });
const writing = tagOf({ kind: 'writing', key: KEY, head: digestHead(ours) });

describe('the tag of a volume', () => {
  test.each([
    ['all of an image', whole, { kind: 'whole', key: KEY, head: digestHead(ours) }],
    ['one that is being written', writing, { kind: 'writing', key: KEY, head: digestHead(ours) }],
    ['something of others', 'backup', undefined],
    ['a snapshot', 'domstart-snapshot', undefined],
    ['somebody who gave it away', 'domstart-overwrite', undefined],
  ])('tells of %s', (_what, tag, stamp) => {
    expect(stampOf(['monthly', tag])).toEqual(stamp);
  });

  test('is believed where there is one', () => {
    expect(stampOf([whole, writing])).toBeUndefined();
  });

  test('is what LVM takes for one', () => {
    for (const tag of [whole, writing]) expect(tag).toMatch(/^[A-Za-z0-9_+.-]{1,128}$/);
  });

  test('is taken off again, and no other', () => {
    expect(ownTags(['monthly', whole, 'domstart-overwrite', 'domstart-snapshot'])).toEqual([
      whole,
      'domstart-overwrite',
    ]);
  });

  test.each([
    ['the image', [whole], KEY, true],
    ['another image', [whole], OTHER, false],
    ['half of it', [writing], KEY, false],
    ['what was given away', [whole, 'domstart-overwrite'], KEY, false],
    ['nothing', [], KEY, false],
  ])('says whether it holds the image: %s', (_what, tags, key, expected) => {
    expect(holds({ tags }, key)).toBe(expected);
  });
});

describe('whether a volume may be written over', () => {
  test.each([
    ['it is as we left it', [whole], ours, 'yes'],
    ['somebody has written to it', [whole], theirs, 'changed'],
    ['somebody has emptied it', [whole], ZERO, 'changed'],
    ['we died before the first block', [writing], ZERO, 'yes'],
    ['we died before the last tag', [writing], ours, 'yes'],
    ['somebody took what we left half written', [writing], theirs, 'changed'],
    ['it is new', [], ZERO, 'empty'],
    ['it is of somebody else', ['monthly'], theirs, 'foreign'],
    ['two tags contradict each other', [whole, writing], ours, 'foreign'],
    ['somebody gave it away', ['domstart-overwrite'], theirs, 'yes'],
  ] as const)('%s', (_what, tags, head, expected) => {
    expect(mayWrite(tags, head)).toBe(expected);
  });
});
