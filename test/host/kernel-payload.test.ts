import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { findPayload, unpackPayload } from '../../src/host/kernel-payload.ts';

const ELF = Buffer.from('\x7fELF and the rest of a kernel', 'latin1');

/** A bzImage with two setup sectors whose payload begins 100 bytes into the kernel proper. */
function bzImage(payload: Buffer, { protocol = 0x20f, magic = 'HdrS' } = {}): Buffer {
  const head = Buffer.alloc(3 * 512 + 100);
  head[0x1f1] = 2;
  head.write(magic, 0x202, 'latin1');
  head.writeUInt16LE(protocol, 0x206);
  head.writeUInt32LE(100, 0x248);
  head.writeUInt32LE(payload.length, 0x24c);
  return Buffer.concat([head, payload, Buffer.alloc(64, 0xee)]);
}

function withSize(stream: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(ELF.length);
  return Buffer.concat([stream, size]);
}

async function unpack(image: Buffer, unxz = async (bytes: Buffer) => bytes): Promise<Buffer> {
  const found = findPayload(image);
  if (found.kind === 'none') throw new Error(found.reason);
  return unpackPayload(found.bytes, unxz);
}

const lz4Block = Buffer.from([0xf0, ELF.length - 15, ...ELF]);
const lz4Length = Buffer.alloc(4);
lz4Length.writeUInt32LE(lz4Block.length);

describe('the kernel in a bzImage', () => {
  it.each([
    ['LZ4', withSize(Buffer.concat([Buffer.from('02214c18', 'hex'), lz4Length, lz4Block]))],
    ['gzip', gzipSync(ELF)],
    ['zstd', withSize(zstdCompressSync(ELF))],
    ['nothing', ELF],
  ])('is found where the header says and unpacked from %s', async (_name, payload) => {
    expect((await unpack(bzImage(payload))).equals(ELF)).toBe(true);
  });

  it('goes through a tool of the host where it is packed with xz', async () => {
    const stream = Buffer.from('fd377a585a00 and so on');
    const packed = withSize(Buffer.concat([Buffer.from('fd377a585a00', 'hex'), stream]));
    const seen: number[] = [];
    const result = await unpack(bzImage(packed), async (bytes) => {
      seen.push(bytes.length);
      return ELF;
    });
    expect(result).toBe(ELF);
    expect(seen).toEqual([packed.length - 4]);
  });

  it.each([
    ['is not a bzImage', bzImage(ELF, { magic: 'nope' })],
    ['boot protocol 0x205 is too old', bzImage(ELF, { protocol: 0x205 })],
    ['is cut short', bzImage(ELF).subarray(0, 3 * 512 + 110)],
    ['is not a bzImage', Buffer.alloc(10)],
    ['compressed in a way unknown here', bzImage(Buffer.from('what is this?'))],
    ['is no ELF file', bzImage(gzipSync('a text'))],
  ])('%s: said, not guessed', async (message, image) => {
    await expect(unpack(image)).rejects.toThrow(message);
  });
});
