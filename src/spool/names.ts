/**
 * Names of files are data: any bytes but `/` and NUL. They are kept as bytes; where a text is needed
 * it is said which.
 */
import { createHash } from 'node:crypto';

/** Of a name, in maps: one character for each byte. */
export type NameKey = string;

/** Bytes that a name may have on the file systems in use. */
const LONGEST = 255;

export function keyOf(name: Uint8Array): NameKey {
  return Buffer.from(name).toString('latin1');
}

export function nameOfKey(key: NameKey): Buffer {
  return Buffer.from(key, 'latin1');
}

/** A path of bytes. */
export function pathIn(folder: string | Uint8Array, name: Uint8Array | string): Buffer {
  return Buffer.concat([
    Buffer.from(folder as string),
    Buffer.from('/'),
    Buffer.from(name as string),
  ]);
}

/** For people, and for run.json: what is no UTF-8 is shown as U+FFFD. */
export function textOf(name: Uint8Array): string {
  return Buffer.from(name).toString('utf8');
}

/**
 * What the file is called where its path must be a text (FILE): the name itself, or where that is no
 * UTF-8 the bytes beyond ASCII as %HH; cut, and told apart by a digest, where that is too long.
 */
export function localName(name: Uint8Array): string {
  const bytes = Buffer.from(name);
  const text = bytes.toString('utf8');
  if (Buffer.from(text).equals(bytes)) return text;
  const escaped = Array.from(bytes, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase()}`,
  ).join('');
  if (escaped.length <= LONGEST) return escaped;
  return `${escaped.slice(0, LONGEST - 17)}~${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

/** The name, then `NAME.2`, `NAME.3`, …, cut so that they are not too long. */
export function* namesBeside(name: Uint8Array): Generator<Buffer> {
  yield Buffer.from(name);
  for (let number = 2; ; number += 1) {
    const end = Buffer.from(`.${number}`);
    yield Buffer.concat([name.subarray(0, LONGEST - end.length), end]);
  }
}

const MARKER = Buffer.from('.done');

/** `NAME.done` says that NAME is whole: NAME, where the name is such a one. */
export function markedBy(name: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(name);
  const marks = bytes.length > MARKER.length && bytes.subarray(-MARKER.length).equals(MARKER);
  return marks ? bytes.subarray(0, -MARKER.length) : undefined;
}

export function markerOf(name: Uint8Array): Buffer {
  return Buffer.concat([name, MARKER]);
}

/** Names that begin with a dot are left alone: uploads that are not done are called so. */
export function isHidden(name: Uint8Array): boolean {
  return name[0] === 0x2e;
}
