import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { decompressLz4Legacy, LZ4_LEGACY_MAGIC } from './lz4-legacy.ts';

/**
 * The kernel inside a bzImage, by the setup header of the x86 boot protocol
 * (Documentation/arch/x86/boot.rst): the payload lies `payload_offset` bytes behind the
 * protected-mode code, which follows the boot sector and `setup_sects` sectors.
 */
const SETUP_SECTS = 0x1f1;
const HEADER_MAGIC = 0x202;
const PROTOCOL_VERSION = 0x206;
const PAYLOAD_OFFSET = 0x248;
const PAYLOAD_LENGTH = 0x24c;
const SECTOR = 512;

/** Since protocol 2.08 the header names the payload. */
const FIRST_PROTOCOL_WITH_PAYLOAD = 0x208;

export type KernelPayload =
  | { readonly kind: 'payload'; readonly bytes: Buffer }
  | { readonly kind: 'none'; readonly reason: string };

export function findPayload(bzImage: Buffer): KernelPayload {
  if (
    bzImage.length < 1024 ||
    bzImage.toString('latin1', HEADER_MAGIC, HEADER_MAGIC + 4) !== 'HdrS'
  ) {
    return { kind: 'none', reason: 'it is not a bzImage: the setup header is missing' };
  }
  const protocol = bzImage.readUInt16LE(PROTOCOL_VERSION);
  if (protocol < FIRST_PROTOCOL_WITH_PAYLOAD) {
    return { kind: 'none', reason: `its boot protocol 0x${protocol.toString(16)} is too old` };
  }
  // Zero stands for four, for the sake of kernels before 1991's second half.
  const setupSectors = bzImage[SETUP_SECTS] || 4;
  const from = (setupSectors + 1) * SECTOR + bzImage.readUInt32LE(PAYLOAD_OFFSET);
  const to = from + bzImage.readUInt32LE(PAYLOAD_LENGTH);
  if (to > bzImage.length || from >= to) return { kind: 'none', reason: 'it is cut short' };
  return { kind: 'payload', bytes: bzImage.subarray(from, to) };
}

/** Decompresses what `decompress` cannot: xz needs a tool of the host. */
export type Decompress = (payload: Buffer) => Promise<Buffer>;

/**
 * The ELF file in a payload. The kernel's build adds the unpacked size (4 bytes) behind the
 * compressed stream, which every decompressor here must pass over. Throws an Error.
 */
export async function unpackPayload(payload: Buffer, unxz: Decompress): Promise<Buffer> {
  const elf = await decompress(payload, unxz);
  if (elf.toString('latin1', 0, 4) !== '\x7fELF') throw new Error('what it holds is no ELF file');
  return elf;
}

async function decompress(payload: Buffer, unxz: Decompress): Promise<Buffer> {
  const stream = payload.subarray(0, payload.length - 4);
  const magic = payload.readUInt32BE(0);
  if (payload.readUInt32LE(0) === LZ4_LEGACY_MAGIC) {
    return decompressLz4Legacy(stream, payload.readUInt32LE(payload.length - 4));
  }
  if (magic >>> 16 === 0x1f8b) return gunzipSync(payload);
  if (magic === 0x28b52ffd) return zstdDecompressSync(stream);
  if (magic === 0xfd377a58) return unxz(stream);
  if (magic === 0x7f454c46) return payload;
  throw new Error(`it is compressed in a way unknown here (magic ${magic.toString(16)})`);
}
