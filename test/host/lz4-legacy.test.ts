import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompressLz4Legacy } from '../../src/host/lz4-legacy.ts';

function frame(...blocks: readonly number[][]): Buffer {
  const parts = blocks.map((block) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block.length);
    return Buffer.concat([length, Buffer.from(block)]);
  });
  return Buffer.concat([Buffer.from('02214c18', 'hex'), ...parts]);
}

const bytes = (text: string) => [...Buffer.from(text)];

/** A block of literals only, of any length. */
function literals(content: Uint8Array): number[] {
  const rest = content.length - 15;
  if (rest < 0) return [content.length << 4, ...content];
  const more = [...Array(Math.floor(rest / 255)).fill(255), rest % 255];
  return [0xf0, ...more, ...content];
}

describe('LZ4', () => {
  it('repeats what a match overlaps', () => {
    // "ab", then 10 bytes from 2 back, then "!".
    const block = [0x26, ...bytes('ab'), 2, 0, 0x10, ...bytes('!')];
    expect(decompressLz4Legacy(frame(block), 13).toString()).toBe('abababababab!');
  });

  it('copies a long match from further back', () => {
    // 20 literals, then 4 + 15 + 1 bytes from 20 back, then nothing.
    const text = 'abcdefghijklmnopqrst';
    const block = [0xff, 5, ...bytes(text), 20, 0, 1, 0x00];
    expect(decompressLz4Legacy(frame(block), 40).toString()).toBe(text + text);
  });

  it('gives any content back, in any number of blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 2000 })), (contents) => {
        const whole = Buffer.concat(contents);
        const packed = frame(...contents.map(literals));
        expect(decompressLz4Legacy(packed, whole.length).equals(whole)).toBe(true);
      }),
    );
  });

  it('ends with an error, whatever is damaged', () => {
    const good = frame([0x26, ...bytes('ab'), 2, 0, 0x10, ...bytes('!')]);
    expect(() => decompressLz4Legacy(good.subarray(0, -1), 13)).toThrow('damaged');
    expect(() => decompressLz4Legacy(good, 14)).toThrow('damaged');
    expect(() => decompressLz4Legacy(frame([0x26, 97, 98, 3, 0, 0]), 12)).toThrow('damaged');
    expect(() => decompressLz4Legacy(Buffer.from('no frame'), 1)).toThrow('not a legacy LZ4');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.nat(100), (noise, size) => {
        try {
          expect(decompressLz4Legacy(frame([...noise]), size)).toHaveLength(size);
        } catch (error) {
          expect((error as Error).message).toContain('damaged');
        }
      }),
    );
  });
});
