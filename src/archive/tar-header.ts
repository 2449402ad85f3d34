import { TarFault } from './tar-fault.ts';

/** A tar is made of blocks: a header, and the content filled up to whole ones. */
export const BLOCK = 512;

/** Where the fields are in a header block, and how long: POSIX.1-2001, `pax`, ustar format. */
export const FIELD = {
  name: { at: 0, length: 100 },
  mode: { at: 100, length: 8 },
  uid: { at: 108, length: 8 },
  gid: { at: 116, length: 8 },
  size: { at: 124, length: 12 },
  mtime: { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type: { at: 156, length: 1 },
  target: { at: 157, length: 100 },
  magic: { at: 257, length: 8 },
  major: { at: 329, length: 8 },
  minor: { at: 337, length: 8 },
  prefix: { at: 345, length: 155 },
} as const;

type Text = 'name' | 'target' | 'prefix';
type Numeric = 'mode' | 'uid' | 'gid' | 'size' | 'mtime' | 'major' | 'minor';

/** A text ends at a zero byte or where its field does. */
export function textIn(block: Buffer, field: Text): string {
  const { at, length } = FIELD[field];
  const end = block.subarray(at, at + length).indexOf(0);
  return block.toString('latin1', at, at + (end < 0 ? length : end));
}

/** The name: long ones are in two halves, but only in ustar; GNU keeps other things there. */
export function nameIn(block: Buffer): string {
  const { at } = FIELD.magic;
  const prefix = block.toString('latin1', at, at + 6) === 'ustar\0' ? textIn(block, 'prefix') : '';
  const name = textIn(block, 'name');
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Octal digits, or, with the highest bit set, a signed binary number (GNU's, star's). */
export function numberIn(block: Buffer, field: Numeric): number {
  const { at, length } = FIELD[field];
  const bytes = block.subarray(at, at + length);
  const first = bytes[0] ?? 0;
  if ((first & 0x80) !== 0) return binaryNumber(bytes, field);
  const digits = /^ *([0-7]*)(?:[ \0].*)?$/s.exec(bytes.toString('latin1'))?.[1];
  if (digits === undefined) throw new TarFault(`its ${field} is no number`);
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function binaryNumber(bytes: Buffer, field: Numeric): number {
  const bits = 8 * bytes.length - 1;
  const value = Number(BigInt.asIntN(bits, BigInt(`0x${bytes.toString('hex')}`)));
  if (Number.isSafeInteger(value)) return value;
  throw new TarFault(`its ${field} is a number that cannot be`);
}

export function typeIn(block: Buffer): string {
  return String.fromCharCode(block[FIELD.type.at] ?? 0);
}

/** Throws a TarFault where the block is no header of a tar, or a damaged one. */
export function verifyChecksum(block: Buffer): void {
  if (isChecksumRight(block)) return;
  const packed = compressionOf(block);
  if (packed === undefined) throw new TarFault('the checksum of a header is wrong');
  throw new TarFault(`it is compressed (${packed})`, 'unpack it first; a plain tar is read');
}

/** Some old writers added up signed characters. */
function isChecksumRight(block: Buffer): boolean {
  let unsigned = 0;
  let above = 0;
  for (let index = 0; index < BLOCK; index += 1) {
    const within = index >= FIELD.checksum.at && index < FIELD.checksum.at + FIELD.checksum.length;
    const byte = within ? SPACE : (block[index] ?? 0);
    unsigned += byte;
    if (byte >= 0x80) above += 1;
  }
  const { at, length } = FIELD.checksum;
  const digits = /^ *([0-7]+)[ \0]/.exec(block.toString('latin1', at, at + length))?.[1] ?? '';
  const told = Number.parseInt(digits, 8);
  return told === unsigned || told === unsigned - 0x100 * above;
}

const SPACE = 0x20;

const COMPRESSIONS: readonly (readonly [string, string])[] = [
  ['gzip', '1f8b'],
  ['xz', 'fd377a585a00'],
  ['zstd', '28b52ffd'],
  ['bzip2', '425a68'],
];

function compressionOf(block: Buffer): string | undefined {
  const begin = block.toString('hex', 0, 8);
  return COMPRESSIONS.find(([, magic]) => begin.startsWith(magic))?.[0];
}
