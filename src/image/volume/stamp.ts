import { createHash } from 'node:crypto';

/**
 * How a volume says what is in it: by tags of LVM, which are kept in the group and not in the volume, so
 * that copying and writing over it never copies or fakes them.
 *
 * - `domstart-KEY.HEAD`: all of the image KEY was written and flushed;
 * - `domstart-writing.KEY.HEAD`: it is being written, or whoever did that was killed; never used;
 * - `domstart-overwrite`: somebody gives what is in it away.
 *
 * HEAD is a digest of its first block: it has the superblock, which every mount that may write
 * changes. So a volume that something has written to is known, although its tag still is there.
 */
export type Stamp = {
  readonly kind: 'whole' | 'writing';
  readonly key: string;
  readonly head: string;
};

/** Bytes. */
export const HEAD_SIZE = 4096;
export const OVERWRITE = 'domstart-overwrite';

const TAG = /^domstart-(writing\.)?([0-9a-f]{20})\.([0-9a-f]{20})$/;

export function tagOf({ kind, key, head }: Stamp): string {
  return `domstart-${kind === 'writing' ? 'writing.' : ''}${key}.${head}`;
}

/** The tags of ours, whatever they say. */
export function ownTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => TAG.test(tag) || tag === OVERWRITE);
}

/** Undefined where there is none, or more than one, which we never write. */
export function stampOf(tags: readonly string[]): Stamp | undefined {
  const [first, ...others] = tags.flatMap((tag) => {
    const [, writing, key, head] = TAG.exec(tag) ?? [];
    if (key === undefined || head === undefined) return [];
    return [{ kind: writing === undefined ? 'whole' : 'writing', key, head } as const];
  });
  return others.length === 0 ? first : undefined;
}

/** Whether all of an image was written, and nobody has given that away. */
export function holds({ tags }: { readonly tags: readonly string[] }, key: string): boolean {
  const stamp = stampOf(tags);
  return stamp?.kind === 'whole' && stamp.key === key && !tags.includes(OVERWRITE);
}

export function digestHead(head: Uint8Array): string {
  return createHash('sha256').update(head).digest('hex').slice(0, 20);
}

/**
 * Whether a volume may be written over, as far as its tags and its first block tell:
 *
 * - `yes`: nobody else has written to it since we did, or somebody gave it away;
 * - `empty`: it is nobody's, and its first block is zero, as LVM leaves a new one;
 * - `changed`: somebody has written to what we wrote;
 * - `foreign`: something of somebody else is in it.
 */
export function mayWrite(
  tags: readonly string[],
  head: Uint8Array,
): 'yes' | 'empty' | 'changed' | 'foreign' {
  if (tags.includes(OVERWRITE)) return 'yes';
  const isZero = head.every((byte) => byte === 0);
  const stamp = stampOf(tags);
  if (stamp === undefined) return isZero ? 'empty' : 'foreign';
  if (digestHead(head) === stamp.head) return 'yes';
  // The first block is written last.
  if (stamp.kind === 'writing' && isZero) return 'yes';
  return 'changed';
}
