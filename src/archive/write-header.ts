import { DomstartError } from '../model/errors.ts';
import { bytesOf, quoted } from './names.ts';
import { encodeAttributes } from './pax.ts';
import type { TarEntry, TarKind } from './tar-entry.ts';
import { BLOCK, FIELD } from './tar-header.ts';

const TYPES: Readonly<Record<TarKind, string>> = {
  file: '0',
  hardlink: '1',
  link: '2',
  character: '3',
  block: '4',
  folder: '5',
  fifo: '6',
};

/** The header of an entry, with what stands in front of it. */
export function encodeHeader(entry: TarEntry): Buffer {
  refuseUnfit(entry);
  const { attributes, target = '' } = entry;
  const name = nameOf(entry);
  const { prefix, short } = splitName(name);
  const blocks: Buffer[] = [];
  if (attributes !== undefined && attributes.size > 0) {
    blocks.push(extension('x', 'PaxHeaders', encodeAttributes(attributes)));
  }
  if (target.length > FIELD.target.length) blocks.push(longText('K', target));
  if (prefix === undefined) blocks.push(longText('L', name));
  blocks.push(block({ ...entry, prefix: prefix ?? '', name: short, type: TYPES[entry.kind] }));
  return Buffer.concat(blocks);
}

/** What the reader would not give back as it was. That is a mistake of who calls. */
function refuseUnfit(entry: TarEntry): void {
  const { path, kind, size, target = '' } = entry;
  const parts = path === '' ? [] : path.split('/');
  const abnormal = parts.some((part) => part === '' || part === '.' || part === '..');
  const text = path + target;
  const needsTarget = kind === 'link' || kind === 'hardlink';
  const unfit =
    abnormal ||
    text.includes('\0') ||
    bytesOf(text).toString('latin1') !== text ||
    needsTarget !== (target !== '') ||
    (size !== 0 && kind !== 'file');
  if (unfit) throw new DomstartError('internal', `${quoted(path)} is no entry of a tar`);
}

/** As other writers have it: the root is `./`, folders end in a slash. */
function nameOf({ path, kind }: TarEntry): string {
  if (path === '') return './';
  return kind === 'folder' ? `${path}/` : path;
}

/** A name of up to 255 bytes may be cut in two at a slash; `prefix` is missing where none fits. */
function splitName(name: string): { readonly prefix?: string; readonly short: string } {
  if (name.length <= FIELD.name.length) return { prefix: '', short: name };
  // The first slash that leaves a name that fits, and is not the last character.
  const slash = name.indexOf('/', name.length - FIELD.name.length - 1);
  if (slash > 0 && slash <= FIELD.prefix.length && slash < name.length - 1) {
    return { prefix: name.slice(0, slash), short: name.slice(slash + 1) };
  }
  return { short: name.slice(0, FIELD.name.length) };
}

function longText(type: 'K' | 'L', text: string): Buffer {
  return extension(type, '././@LongLink', bytesOf(`${text}\0`));
}

function extension(type: string, name: string, content: Buffer): Buffer {
  const header = { mode: 0o644, uid: 0, gid: 0, mtime: 0, size: content.length };
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([block({ ...header, name, prefix: '', type }), content, padding]);
}

interface Header extends Pick<TarEntry, 'mode' | 'uid' | 'gid' | 'mtime' | 'size'> {
  readonly name: string;
  readonly prefix: string;
  readonly type: string;
  readonly target?: string;
  readonly major?: number;
  readonly minor?: number;
}

function block(header: Header): Buffer {
  const bytes = Buffer.alloc(BLOCK);
  const text = (field: keyof typeof FIELD, value: string) =>
    bytesOf(value).copy(bytes, FIELD[field].at, 0, FIELD[field].length);
  text('name', header.name);
  text('target', header.target ?? '');
  text('type', header.type);
  text('magic', 'ustar\x0000');
  text('prefix', header.prefix);
  for (const field of ['mode', 'uid', 'gid', 'size', 'mtime'] as const) {
    encodeNumber(bytes, field, header[field]);
  }
  encodeNumber(bytes, 'major', header.major ?? 0);
  encodeNumber(bytes, 'minor', header.minor ?? 0);
  // The sum is taken with spaces in its own place.
  text('checksum', ' '.repeat(8));
  const sum = bytes.reduce((before, byte) => before + byte, 0);
  text('checksum', `${sum.toString(8).padStart(6, '0')}\0 `);
  return bytes;
}

function encodeNumber(bytes: Buffer, field: keyof typeof FIELD, value: number): void {
  const { at, length } = FIELD[field];
  const digits = value.toString(8);
  if (value >= 0 && digits.length < length) {
    bytes.write(digits.padStart(length - 1, '0'), at, 'latin1');
    return;
  }
  // GNU's: the number in two's complement, told apart by its highest bit.
  const bits = 8n * BigInt(length);
  const mark = 1n << (bits - 1n);
  const binary = BigInt.asUintN(Number(bits), BigInt(value)) | mark;
  bytes.write(binary.toString(16).padStart(2 * length, '0'), at, 'hex');
}
