import { createHash } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Random } from './random.ts';

/** What was dropped, and what is to become of it. */
export interface Drop {
  /** In its content, so that it is known whatever it is called. */
  readonly id: string;
  readonly name: Buffer;
  readonly way: Way;
  /** Of all that is in it. */
  readonly digest: string;
  /** `perhaps`: it was taken away again, before or after it was claimed. */
  expected: 'done' | 'refused' | 'perhaps';
}

const WAYS = [
  ...([
    'renamed',
    'written',
    'slow',
    'marked',
    'folder',
    'linked',
    'odd',
    'link',
    'deleted',
  ] as const),
];
type Way = (typeof WAYS)[number];

const ODD = [
  (id: string) => Buffer.from(`-rf ${id}`),
  (id: string) => Buffer.from(`two\nlines ${id}`),
  (id: string) => Buffer.from(`"$(reboot)' ${id}`),
  (id: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(id)]),
  (id: string) => Buffer.from(`${'l'.repeat(255 - id.length)}${id}`),
  (id: string) => Buffer.from(`ünïcödé ${id}.done.txt`),
];

/** Drops files into a spool, in every way that people and programs do. */
export function createDropper(options: {
  readonly spool: string;
  /** On the same disk. */
  readonly stage: string;
  readonly random: Random;
}) {
  const { spool, stage, random } = options;
  const inbox = join(spool, 'in');
  const drops: Drop[] = [];
  const writers = new Set<Promise<void>>();
  let count = 0;
  mkdirSync(stage, { recursive: true });

  function content(id: string): Buffer {
    const filler = Buffer.alloc(random.below(random.chance(0.1) ? 200_000 : 2_000), 'x');
    return Buffer.concat([Buffer.from(`${id}\n`), filler]);
  }

  function drop(way: Way): void {
    count += 1;
    const id = `id${String(count).padStart(7, '0')}`;
    const name = way === 'odd' ? random.pick(ODD)(id) : Buffer.from(`${way}-${id}`);
    const bytes = content(id);
    const target = Buffer.concat([Buffer.from(`${inbox}/`), name]);
    const staged = join(stage, id);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const expected: Drop['expected'] =
      way === 'link' ? 'refused' : way === 'deleted' ? 'perhaps' : 'done';
    const made: Drop = { id, name, way, digest, expected };
    switch (way) {
      case 'renamed':
      case 'odd':
        writeFileSync(staged, bytes);
        renameSync(staged, target);
        break;
      case 'linked':
        writeFileSync(staged, bytes);
        linkSync(staged, target);
        rmSync(staged);
        break;
      case 'written':
        writeFileSync(target, bytes);
        break;
      case 'marked':
        writeFileSync(target, bytes);
        writeFileSync(Buffer.concat([target, Buffer.from('.done')]), '');
        break;
      case 'slow':
        writeSlowly(target, bytes, () => {
          made.expected = 'perhaps';
        });
        break;
      case 'folder':
        mkdirSync(join(staged, 'inner'), { recursive: true });
        writeFileSync(join(staged, 'inner/file'), bytes);
        renameSync(staged, target);
        break;
      case 'link':
        symlinkSync('/etc/hostname', target);
        break;
      case 'deleted':
        writeFileSync(target, bytes);
        track(later(random.below(500), () => rmSync(target, { force: true })));
        break;
    }
    drops.push(made);
  }

  function track(work: Promise<void>): void {
    const tracked = work.finally(() => writers.delete(tracked));
    writers.add(tracked);
  }

  /** It is open all the time, and rests for longer than a file has to stand still. */
  function writeSlowly(target: Buffer, bytes: Buffer, onNoRoom: () => void): void {
    const fd = openSync(target, 'w');
    const pieces = 2 + random.below(3);
    const rests = Array.from({ length: pieces }, () => random.below(3_000));
    async function write(): Promise<void> {
      for (const [piece, ms] of rests.entries()) {
        const [from, to] = [piece, piece + 1].map((at) => Math.floor((bytes.length * at) / pieces));
        const part = bytes.subarray(from, to);
        quietly(() => writeSync(fd, part) < part.length && onNoRoom(), onNoRoom);
        if (piece + 1 < pieces) await later(ms, () => {});
      }
      closeSync(fd);
    }
    track(write());
  }

  return {
    drops: drops as readonly Drop[],
    /** No room where it should go is no drop. */
    some(most: number): void {
      const ways = WAYS.filter((way) => way !== 'link' || random.chance(0.2));
      for (let left = 1 + random.below(most); left > 0; left -= 1)
        quietly(() => drop(random.pick(ways)));
    },
    burst(size: number): void {
      for (let left = size; left > 0; left -= 1) quietly(() => drop('renamed'));
    },
    settled: async () => {
      while (writers.size > 0) await Promise.all(writers);
    },
  };
}

function quietly(act: () => void, onNoRoom = () => {}): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    onNoRoom();
  }
}

function later(ms: number, act: () => void): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(() => {
      act();
      resolve();
    }, ms);
  });
}
