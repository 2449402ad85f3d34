/**
 * LZ4's legacy frame, the one that Linux kernels are packed in: a magic number, then blocks of a
 * length (4 bytes, little endian) and that many bytes, each block 8 MiB of content but the last.
 * Written from LZ4's own format documents (lz4_Frame_format.md, lz4_Block_format.md).
 */
export const LZ4_LEGACY_MAGIC = 0x184c2102;

const SHORTEST_MATCH = 4;

/** `size` is the length of the content in bytes. Throws an Error where the frame is damaged. */
export function decompressLz4Legacy(frame: Buffer, size: number): Buffer {
  if (frame.readUInt32LE(0) !== LZ4_LEGACY_MAGIC) throw new Error('not a legacy LZ4 frame');
  const content = Buffer.allocUnsafe(size);
  let at = 4;
  let end = 0;
  while (at + 4 <= frame.length && end < size) {
    const length = frame.readUInt32LE(at);
    at += 4;
    if (length === 0 || at + length > frame.length) throw damaged();
    end = decompressBlock(frame.subarray(at, at + length), content, end);
    at += length;
  }
  if (end !== size) throw damaged();
  return content;
}

/** Appends the block's content to `target` from `start` on; returns where it ends. */
function decompressBlock(block: Buffer, target: Buffer, start: number): number {
  let at = 0;
  let to = start;

  // A length of 15 goes on in the bytes that follow, until one is not 255.
  function lengthFrom(nibble: number): number {
    let length = nibble;
    if (nibble !== 15) return length;
    let byte = 255;
    while (byte === 255) {
      byte = block[at++] ?? -1;
      if (byte < 0) throw damaged();
      length += byte;
    }
    return length;
  }

  while (at < block.length) {
    const token = block[at++] as number;
    const literals = lengthFrom(token >> 4);
    if (at + literals > block.length || to + literals > target.length) throw damaged();
    block.copy(target, to, at, at + literals);
    at += literals;
    to += literals;
    if (at === block.length) return to;

    const offset = (block[at] as number) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    const length = lengthFrom(token & 15) + SHORTEST_MATCH;
    if (offset === 0 || offset > to - start || to + length > target.length) throw damaged();
    if (offset >= length) {
      target.copyWithin(to, to - offset, to - offset + length);
      to += length;
    } else {
      // The match overlaps what it writes: it repeats, byte by byte.
      for (const stop = to + length; to < stop; to++) target[to] = target[to - offset] as number;
    }
  }
  throw damaged();
}

function damaged(): Error {
  return new Error('the LZ4 data is damaged');
}
