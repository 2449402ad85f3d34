import { normalPath, quoted } from './names.ts';
import { type PaxFields, sparse } from './pax.ts';
import type { TarEntry, TarKind } from './tar-entry.ts';
import { TarFault } from './tar-fault.ts';
import { nameIn, numberIn, textIn, typeIn } from './tar-header.ts';

/** What stands in front of an entry and says what its header has no room for. */
export interface Extensions {
  pax?: PaxFields;
  longName?: string;
  longTarget?: string;
}

const KINDS: Readonly<Record<string, TarKind>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'hardlink',
  '2': 'link',
  '3': 'character',
  '4': 'block',
  '5': 'folder',
  '6': 'fifo',
  '7': 'file',
};

/** Of a header block with the right checksum. Throws a TarFault. */
export function entryOf(
  block: Buffer,
  { pax = {}, longName, longTarget }: Extensions,
  global: Pick<PaxFields, 'uid' | 'gid' | 'mtime'>,
): TarEntry {
  const name = oneOf(pax.path, longName) ?? nameIn(block);
  const kind = kindOf(block, name);
  const path = normalPath(name, 'the name of an entry');
  const target = targetOf(kind, path, oneOf(pax.linkpath, longTarget) ?? textIn(block, 'target'));
  return {
    path,
    kind,
    mode: numberIn(block, 'mode') & 0o7777,
    uid: identity(path, pax.uid ?? global.uid ?? numberIn(block, 'uid')),
    gid: identity(path, pax.gid ?? global.gid ?? numberIn(block, 'gid')),
    mtime: pax.mtime ?? global.mtime ?? numberIn(block, 'mtime'),
    size: sizeOf(kind, path, pax.size ?? numberIn(block, 'size')),
    ...(target === undefined ? {} : { target }),
    ...numbersOf(block, kind, path),
    ...(pax.attributes === undefined ? {} : { attributes: pax.attributes }),
  };
}

function oneOf(pax: string | undefined, long: string | undefined): string | undefined {
  if (pax !== undefined && long !== undefined) throw new TarFault('an entry has two long names');
  return pax ?? long;
}

function kindOf(block: Buffer, name: string): TarKind {
  const type = typeIn(block);
  if (type === 'S') throw sparse();
  const kind = KINDS[type];
  if (kind === undefined) {
    throw new TarFault(`${quoted(name)} is of a kind (${quoted(type)}) that is not read`);
  }
  // Before there was a type for folders.
  return kind === 'file' && name.endsWith('/') ? 'folder' : kind;
}

function targetOf(kind: TarKind, path: string, target: string): string | undefined {
  if (kind === 'hardlink') return normalPath(target, `what ${quoted(path)} is another name of`);
  if (kind !== 'link') return undefined;
  if (target === '') throw new TarFault(`the link ${quoted(path)} leads nowhere`);
  if (target.includes('\0')) throw new TarFault(`the link ${quoted(path)} has a zero byte in it`);
  return target;
}

function sizeOf(kind: TarKind, path: string, size: number): number {
  if (size < 0) throw new TarFault(`the size of ${quoted(path)} is negative`);
  // Some readers would skip content here and others would read it as headers.
  if (size > 0 && kind !== 'file') {
    throw new TarFault(`${quoted(path)} is a ${kind} and has ${size} bytes of content`);
  }
  return size;
}

/** The largest number is no user: calls of the kernel take it for "leave as it is". */
function identity(path: string, value: number): number {
  if (value >= 0 && value < 0xffff_ffff) return value;
  throw new TarFault(`the owner of ${quoted(path)} is a number that cannot be`);
}

function numbersOf(block: Buffer, kind: TarKind, path: string) {
  if (kind !== 'character' && kind !== 'block') return {};
  const [major, minor] = [numberIn(block, 'major'), numberIn(block, 'minor')];
  // What the kernel's numbers of devices have room for.
  if (major >= 0 && major < 2 ** 12 && minor >= 0 && minor < 2 ** 20) return { major, minor };
  throw new TarFault(`the device ${quoted(path)} has numbers that cannot be`);
}
