import { BLOCK, INODE } from './geometry.ts';

/** Extended attributes as an inode has them: in its own last bytes, or in a block. */
export type StoredAttributes =
  | { readonly place: 'inode'; readonly bytes: Buffer }
  | { readonly place: 'block'; readonly bytes: Buffer };

interface Entry {
  readonly index: number;
  readonly name: string;
  readonly value: Buffer;
}

/** Namespaces and their numbers, longest first. */
const NAMESPACES: readonly (readonly [string, number])[] = [
  ['system.posix_acl_access', 2],
  ['system.posix_acl_default', 3],
  ['trusted.', 4],
  ['security.', 6],
  ['user.', 1],
];

const MAGIC = 0xea020000;
const ENTRY = 16;
const BLOCK_HEADER = 32;
const INODE_HEADER = 4;
/** Where the inode's fixed fields end. */
export const INODE_FIELDS = 160;

/**
 * Undefined where ext has no place for them: too many bytes, or a namespace that it does not know
 * (then `unknown` is called with its name).
 */
export function storeAttributes(
  attributes: ReadonlyMap<string, Buffer>,
  unknown: (name: string) => void,
): StoredAttributes | undefined {
  const entries: Entry[] = [];
  for (const [full, value] of attributes) {
    const known = NAMESPACES.find(([prefix]) => full.startsWith(prefix));
    if (known === undefined) {
      unknown(full);
      return undefined;
    }
    const [prefix, index] = known;
    const stored = prefix.startsWith('system.') ? storedAcl(value) : value;
    entries.push({ index, name: full.slice(prefix.length), value: stored });
  }
  entries.sort(inOrder);
  const room = INODE - INODE_FIELDS;
  if (lengthOf(entries) + INODE_HEADER <= room) {
    const bytes = Buffer.alloc(room);
    bytes.writeUInt32LE(MAGIC, 0);
    // Places of values are told from the first entry on.
    fill(bytes.subarray(INODE_HEADER), 0, entries);
    return { place: 'inode', bytes };
  }
  if (lengthOf(entries) + BLOCK_HEADER > BLOCK) return undefined;
  const bytes = Buffer.alloc(BLOCK);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(1, 8);
  const hashes = fill(bytes, BLOCK_HEADER, entries);
  bytes.writeUInt32LE(hashOfAll(hashes), 12);
  return { place: 'block', bytes };
}

/** The kernel looks for them in this order. */
function inOrder(a: Entry, b: Entry): number {
  if (a.index !== b.index) return a.index - b.index;
  if (a.name.length !== b.name.length) return a.name.length - b.name.length;
  return a.name < b.name ? -1 : 1;
}

/** With the four zero bytes that end the list. */
function lengthOf(entries: readonly Entry[]): number {
  return entries.reduce(
    (total, { name, value }) => total + ENTRY + roundUp(name.length) + roundUp(value.length),
    4,
  );
}

/** Entries from the front, values from the end. */
function fill(bytes: Buffer, from: number, entries: readonly Entry[]): number[] {
  let at = from;
  let end = bytes.length;
  return entries.map(({ index, name, value }) => {
    end -= roundUp(value.length);
    bytes[at] = name.length;
    bytes[at + 1] = index;
    bytes.writeUInt16LE(value.length === 0 ? 0 : end, at + 2);
    bytes.writeUInt32LE(value.length, at + 8);
    const hash = hashOf(name, value);
    bytes.writeUInt32LE(hash, at + 12);
    bytes.write(name, at + ENTRY, 'latin1');
    value.copy(bytes, end);
    at += ENTRY + roundUp(name.length);
    return hash;
  });
}

function hashOf(name: string, value: Buffer): number {
  let hash = 0;
  for (const byte of Buffer.from(name, 'latin1')) hash = rotate(hash, 5) ^ byte;
  const padded = Buffer.alloc(roundUp(value.length));
  value.copy(padded);
  for (let at = 0; at < padded.length; at += 4) hash = rotate(hash, 16) ^ padded.readInt32LE(at);
  return hash >>> 0;
}

function hashOfAll(hashes: readonly number[]): number {
  if (hashes.includes(0)) return 0;
  return hashes.reduce((all, hash) => rotate(all, 16) ^ hash, 0) >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

const NAMED_USER = 2;
const NAMED_GROUP = 8;

/** An access list as the kernel hands it out has eight bytes an entry; on the disk only some have an id. */
function storedAcl(value: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([1, 0, 0, 0])];
  for (let at = 4; at + 8 <= value.length; at += 8) {
    const tag = value.readUInt16LE(at);
    const named = tag === NAMED_USER || tag === NAMED_GROUP;
    parts.push(value.subarray(at, at + (named ? 8 : 4)));
  }
  return Buffer.concat(parts);
}

function roundUp(length: number): number {
  return Math.ceil(length / 4) * 4;
}
