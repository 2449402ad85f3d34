import { TarFault } from './tar-fault.ts';

const ATTRIBUTE = 'SCHILY.xattr.';

/** What an extended header of POSIX.1-2001 says, as far as anything here asks for it. */
export interface PaxFields {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly attributes?: ReadonlyMap<string, Buffer>;
}

/** Reads the records `LENGTH KEY=VALUE\n`. Names are bytes, one character each. */
export function parsePax(content: Buffer): PaxFields {
  const fields: { -readonly [Key in keyof PaxFields]: PaxFields[Key] } = {};
  const attributes = new Map<string, Buffer>();
  for (const { key, value } of records(content)) {
    if (key.startsWith('GNU.sparse.')) throw sparse();
    if (key.startsWith(ATTRIBUTE)) {
      attributes.set(decodeName(key.slice(ATTRIBUTE.length)), value);
    } else if (value.length > 0) {
      // A value of no bytes takes back what was said before, and nothing was.
      readField(fields, key, value.toString('latin1'));
    }
  }
  return attributes.size === 0 ? fields : { ...fields, attributes };
}

/** The content that holds nothing but what ustar has no place for. */
export function encodeAttributes(attributes: ReadonlyMap<string, Buffer>): Buffer {
  const sorted = [...attributes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(sorted.map(([name, value]) => record(ATTRIBUTE + encodeName(name), value)));
}

/** Sparse files hold a map instead of their holes; what is read without it would be wrong bytes. */
export function sparse(): TarFault {
  return new TarFault(
    'it is a sparse file, and those are not read',
    'make the tar without --sparse',
  );
}

function* records(content: Buffer): Generator<{ key: string; value: Buffer }> {
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const digits = content.toString('latin1', at, Math.min(space, at + 8));
    const end = at + Number(digits);
    const equals = content.indexOf(0x3d, space);
    if (!/^[1-9]\d*$/.test(digits) || end > content.length || equals < 0 || equals >= end) {
      throw new TarFault('its extended header is malformed');
    }
    if (content[end - 1] !== 0x0a) throw new TarFault('its extended header is malformed');
    const key = content.toString('latin1', space + 1, equals);
    yield { key, value: content.subarray(equals + 1, end - 1) };
    at = end;
  }
}

function readField(
  fields: { -readonly [Key in keyof PaxFields]: PaxFields[Key] },
  key: string,
  value: string,
): void {
  switch (key) {
    case 'path':
    case 'linkpath':
      fields[key] = value;
      break;
    case 'size':
    case 'uid':
    case 'gid':
    case 'mtime':
      fields[key] = decimal(key, value);
      break;
  }
}

/** Times may have a fraction. */
function decimal(key: string, value: string): number {
  const whole = /^-?\d{1,16}(?:\.\d*)?$/.test(value) ? Math.floor(Number(value)) : Number.NaN;
  if (!Number.isSafeInteger(whole)) throw new TarFault(`its ${key} is a number that cannot be`);
  return whole;
}

/** The length counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const rest = key.length + value.length + 3;
  let length = rest + String(rest).length;
  if (rest + String(length).length > length) length += 1;
  return Buffer.concat([Buffer.from(`${length} ${key}=`, 'latin1'), value, Buffer.from('\n')]);
}

/** GNU tar's way to have a `=` in the name of an attribute. */
function encodeName(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('=', '%3D');
}

function decodeName(name: string): string {
  return name.replaceAll('%3D', '=').replaceAll('%25', '%');
}
