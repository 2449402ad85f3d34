import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DomstartError, toDomstartError } from '../../model/errors.ts';
import { diskSize } from './disk-size.ts';

export interface OverlayRequest {
  /** The image below; it is read and never written to. */
  readonly backing: string;
  readonly backingFormat: 'raw' | 'qcow2';
  readonly to: string;
}

const CLUSTER_BITS = 16;
const CLUSTER = 2 ** CLUSTER_BITS;
/** What an entry of the first table stands for: a cluster full of clusters. */
const PER_L1_ENTRY = (CLUSTER / 8) * CLUSTER;
const MAGIC = 0x514649fb;
const HEADER_LENGTH = 104;
const BACKING_FORMAT = 0xe2792aca;
/** qcow2's own limit. */
const LONGEST_NAME = 1023;
/** Clusters: the header, the table of counts, the counts, and the first table from here on. */
const COUNT_TABLE = 1;
const COUNTS = 2;
const L1_TABLE = 3;

/**
 * Makes an empty qcow2 image over another one: whatever is written goes there, whatever was not is
 * read from below. Its few hundred bytes are written here (docs/interop/qcow2.txt of QEMU, version 3):
 * QEMU comes without qemu-img on many hosts, and a process of its own would take 20 ms of each start.
 * Throws `host-io` or `not-supported`.
 */
export async function makeOverlay(request: OverlayRequest): Promise<void> {
  const { to } = request;
  const backing = resolve(request.backing);
  const name = Buffer.from(backing);
  if (name.length > LONGEST_NAME) {
    throw new DomstartError('not-supported', `the name of the image is too long: ${backing}`, {
      hint: 'set DOMSTART_CACHE to a folder with a shorter name',
    });
  }
  try {
    const size = await sizeOf(request);
    const tables = Math.max(Math.ceil(size / PER_L1_ENTRY / (CLUSTER / 8)), 1);
    const clusters = L1_TABLE + tables;
    await using file = await open(to, 'w', 0o600);
    const head = header({ size, name, format: request.backingFormat });
    await file.write(head, 0, head.length, 0);
    const table = Buffer.alloc(8);
    table.writeBigUInt64BE(BigInt(COUNTS * CLUSTER));
    await file.write(table, 0, table.length, COUNT_TABLE * CLUSTER);
    const counts = Buffer.alloc(2 * clusters);
    for (let cluster = 0; cluster < clusters; cluster += 1) counts.writeUInt16BE(1, 2 * cluster);
    await file.write(counts, 0, counts.length, COUNTS * CLUSTER);
    await file.truncate(clusters * CLUSTER);
  } catch (error) {
    await rm(to, { force: true });
    throw toDomstartError(error, 'host-io');
  }
}

function header({
  size,
  name,
  format,
}: {
  readonly size: number;
  readonly name: Buffer;
  readonly format: string;
}): Buffer {
  const nameAt = HEADER_LENGTH + 24;
  const bytes = Buffer.alloc(nameAt + name.length);
  bytes.writeUInt32BE(MAGIC, 0);
  bytes.writeUInt32BE(3, 4);
  bytes.writeBigUInt64BE(BigInt(nameAt), 8);
  bytes.writeUInt32BE(name.length, 16);
  bytes.writeUInt32BE(CLUSTER_BITS, 20);
  bytes.writeBigUInt64BE(BigInt(size), 24);
  bytes.writeUInt32BE(Math.ceil(size / PER_L1_ENTRY), 36);
  bytes.writeBigUInt64BE(BigInt(L1_TABLE * CLUSTER), 40);
  bytes.writeBigUInt64BE(BigInt(COUNT_TABLE * CLUSTER), 48);
  bytes.writeUInt32BE(1, 56);
  // Counts have 2 ** 4 bits.
  bytes.writeUInt32BE(4, 96);
  bytes.writeUInt32BE(HEADER_LENGTH, 100);
  // Told, and not guessed from what a guest has written into the image below.
  bytes.writeUInt32BE(BACKING_FORMAT, HEADER_LENGTH);
  bytes.writeUInt32BE(format.length, HEADER_LENGTH + 4);
  bytes.write(format, HEADER_LENGTH + 8, 'latin1');
  name.copy(bytes, nameAt);
  return bytes;
}

/** Bytes that a guest sees. */
async function sizeOf({ backing, backingFormat }: OverlayRequest): Promise<number> {
  if (backingFormat === 'raw') return Math.ceil((await diskSize(backing)) / 512) * 512;
  const begin = Buffer.alloc(32);
  await using file = await open(backing, 'r');
  await file.read(begin, 0, begin.length, 0);
  if (begin.readUInt32BE(0) === MAGIC) return Number(begin.readBigUInt64BE(24));
  throw new DomstartError('not-supported', `${backing} is no qcow2 image`, {
    hint: 'is it a raw one?',
  });
}
