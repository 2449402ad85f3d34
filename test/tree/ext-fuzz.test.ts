import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { DomstartError } from '../../src/model/errors.ts';
import { imageTree } from '../../src/tree/image-tree.ts';
import { scratchFolder, tool, walk } from './ext-rig.ts';

vi.setConfig({ testTimeout: 120_000 });

const { signal } = new AbortController();
const scratch = scratchFolder();
afterAll(() => scratch[Symbol.dispose]());

/** Where something is: zero bytes are seldom of use. */
function places(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 2) {
    if (bytes.readUInt32LE(at) !== 0) found.push(at);
  }
  return found;
}

function smallImage(type: string): Buffer {
  const root = join(scratch.folder, type);
  mkdirSync(join(root, 'a/b'), { recursive: true });
  for (let name = 0; name < 60; name += 1) writeFileSync(join(root, 'a/b', `name-${name}`), '');
  const pieces = Buffer.alloc(400 * 1024);
  for (let block = 0; block < 400; block += 2) pieces.writeUInt32LE(block + 1, block * 1024);
  writeFileSync(join(root, 'a/pieces'), pieces);
  symlinkSync('x'.repeat(100), join(root, 'long'));
  symlinkSync('a/b', join(root, 'short'));
  const image = join(scratch.folder, `${type}.img`);
  const options = ['-q', '-t', type, '-b', '1024', '-N', '96', '-O', '^has_journal,^resize_inode'];
  tool('mke2fs', ...options, '-d', root, image, '1M');
  return readFileSync(image);
}

const MOST = 400;

describe.each(['ext2', 'ext4'])('an image of %s, damaged in any place', (type) => {
  test('is read, or refused with an error of ours', async () => {
    const sound = smallImage(type);
    const image = join(scratch.folder, 'damaged.img');
    const value = fc.oneof(
      fc.nat({ max: 1100 }),
      fc.nat({ max: 2 ** 32 - 1 }),
      fc.constantFrom(0, 1, 2 ** 16 - 1, 2 ** 32 - 1, 2 ** 31),
    );
    const change = fc.tuple(fc.constantFrom(...places(sound)), value, fc.constantFrom(1, 2, 4));
    let refused = 0;
    let read = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const bytes = Buffer.from(sound);
        for (const [at, number, length] of changes) {
          bytes.writeUIntLE(number % 256 ** length, at, length);
        }
        writeFileSync(image, bytes);
        const tree = imageTree(image, { signal });
        try {
          // A folder may be in itself now.
          for (const path of await walk(tree, MOST)) {
            if ((await tree.lookUp(path))?.kind === 'file') await tree.read(path);
          }
          read += 1;
        } catch (error) {
          if (!(error instanceof DomstartError)) throw error;
          expect(['host-io', 'not-supported']).toContain(error.code);
          refused += 1;
        }
      }),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(50);
    expect(read).toBeGreaterThan(50);
  });
});
