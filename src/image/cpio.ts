import type { ImageEntry } from '../model/guest-files.ts';

/**
 * An archive in cpio's `newc` format, which the kernel unpacks as the root file system
 * (Documentation/driver-api/early-userspace/buffer-format.rst). The kernel reads one archive behind
 * another, so a job's own files are appended to a base that is never unpacked here.
 *
 * Same in, same out: entries are sorted by name, belong to root, and have no times. Of two entries
 * of one name the later one wins in the guest.
 */
export function writeCpio(entries: readonly ImageEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => compare(a.path, b.path));
  const parts = sorted.flatMap((entry, index) => {
    const content = contentOf(entry);
    return [header(entry, index + 1, content.length), ...padded(content)];
  });
  const trailer = fields({ name: 'TRAILER!!!', ino: 0, mode: 0, links: 1, size: 0 });
  return Buffer.concat([...parts, trailer]);
}

const TYPE = { file: 0o100000, folder: 0o040000, link: 0o120000, device: 0o020000 } as const;
const LINK_MODE = 0o777;

function header(entry: ImageEntry, ino: number, size: number): Buffer {
  return fields({
    name: entry.path.slice(1),
    ino,
    mode: TYPE[entry.kind] | (entry.kind === 'link' ? LINK_MODE : entry.mode),
    links: entry.kind === 'folder' ? 2 : 1,
    size,
    ...(entry.kind === 'device' ? { major: entry.major, minor: entry.minor } : {}),
  });
}

interface Header {
  readonly name: string;
  readonly ino: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  readonly major?: number;
  readonly minor?: number;
}

/** The header, the name and a zero byte, filled up to a multiple of four. */
function fields({ name, ino, mode, links, size, major = 0, minor = 0 }: Header): Buffer {
  const bytes = Buffer.from(`${name}\0`);
  const [uid, gid, time, deviceMajor, deviceMinor, check] = [0, 0, 0, 0, 0, 0];
  const numbers = [ino, mode, uid, gid, links, time, size, deviceMajor, deviceMinor];
  const hex = [...numbers, major, minor, bytes.length, check].map(hex8).join('');
  return Buffer.concat(padded(Buffer.concat([Buffer.from(`070701${hex}`), bytes])));
}

function contentOf(entry: ImageEntry): Uint8Array {
  switch (entry.kind) {
    case 'file':
      return typeof entry.content === 'string' ? Buffer.from(entry.content) : entry.content;
    case 'link':
      return Buffer.from(entry.target);
    case 'folder':
    case 'device':
      return Buffer.alloc(0);
  }
}

function padded(bytes: Uint8Array): Uint8Array[] {
  const rest = bytes.length % 4;
  return rest === 0 ? [bytes] : [bytes, Buffer.alloc(4 - rest)];
}

function hex8(value: number): string {
  return value.toString(16).padStart(8, '0');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
