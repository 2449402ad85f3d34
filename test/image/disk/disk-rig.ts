import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TarEntry } from '../../../src/archive/tar-entry.ts';
import { encodeHeader } from '../../../src/archive/write-header.ts';
import { writeTar } from '../../../src/archive/write-tar.ts';
import { type DiskRequest, makeDisk } from '../../../src/image/disk/make-disk.ts';

const TIME = 1_700_000_000;
export const TYPES = ['ext3', 'ext4'] as const;
export const MIB = 2 ** 20;
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };

export type Input = Partial<TarEntry> &
  Pick<TarEntry, 'path'> & { readonly content?: Uint8Array | string | AsyncIterable<Uint8Array> };

export function tool(name: string, ...args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  return execFileSync(name, args, {
    env,
    encoding: 'latin1',
    stdio: [...stdio],
    maxBuffer: 2 ** 28,
  });
}

export function checkDisk(image: string): void {
  execFileSync('e2fsck', ['-fn', image], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** A folder for a tar and its disk; it is removed at the end. */
export function diskRig() {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-disk-'));
  const tar = join(folder, 'root.tar');
  const image = join(folder, 'disk.img');
  return {
    folder,
    tar,
    image,
    async write(entries: readonly Input[]) {
      await pipeline(writeTar(entries.map(toItem)), createWriteStream(tar));
    },
    /** One file, of which only the pieces are there; the tar itself has holes for the rest. */
    async writeSparse(input: Input, pieces: readonly (readonly [number, Buffer])[]) {
      const header = encodeHeader({ ...toItem({ content: '', ...input }).entry });
      await using file = await open(tar, 'w');
      await file.write(header, 0, header.length, 0);
      for (const [at, bytes] of pieces) {
        await file.write(bytes, 0, bytes.length, header.length + at);
      }
      await file.truncate(header.length + (input.size ?? 0) + 1024);
    },
    make(more: Partial<DiskRequest> = {}) {
      return makeDisk({
        tar,
        to: image,
        filesystem: 'ext4',
        uuidSeed: 'seed',
        time: TIME,
        signal: new AbortController().signal,
        onProgress: () => {},
        ...more,
      });
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function toItem({ content, ...rest }: Input) {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  const size = bytes instanceof Uint8Array ? bytes.length : 0;
  const kind = content === undefined ? 'folder' : 'file';
  const mode = content === undefined ? 0o755 : 0o644;
  const entry = { kind, mode, uid: 0, gid: 0, mtime: 1_150_000_000, size, ...rest } as const;
  return bytes === undefined ? { entry } : { entry, content: bytes };
}

/** Bytes that are not all alike and never zero. */
export function bytes(length: number, seed = 1): Buffer {
  const all = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) all[at] = 1 + ((at * seed) % 251);
  return all;
}

/** Blocks of which every second one is zero. */
function holes(pieces: number): Buffer {
  const all = Buffer.alloc(pieces * 8192);
  for (let piece = 0; piece < pieces; piece += 1)
    all.fill(1 + (piece % 250), piece * 8192, piece * 8192 + 4096);
  return all;
}

export const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const ACL = Buffer.from(
  '0200000001000600ffffffff02000400e803000004000400ffffffff10000600ffffffff20000000ffffffff',
  'hex',
);

export const SMALL: readonly Input[] = [
  { path: '', mode: 0o751, uid: 3, gid: 4 },
  { path: 'bin' },
  { path: 'bin/su', content: bytes(5000), mode: 0o4755, gid: 70_000 },
  {
    path: 'bin/ping',
    content: bytes(9),
    attributes: new Map([['security.capability', CAPABILITY]]),
  },
  {
    path: 'bin/many',
    content: bytes(9),
    attributes: new Map([
      ['user.long', bytes(2000)],
      ['user.empty', Buffer.alloc(0)],
      ['trusted.x', bytes(3)],
      ['system.posix_acl_access', ACL],
      ['security.capability', CAPABILITY],
    ]),
  },
  { path: 'bin/hard', kind: 'hardlink', target: 'bin/su' },
  { path: 'empty', content: '', uid: 100_000, mtime: -5 },
  { path: 'future', content: 'x', mtime: 5_000_000_000 },
  { path: 'name with "quotes" and \\ spaces', content: 'a' },
  { path: '-f', content: 'dash' },
  { path: 'caf\xe9', content: 'latin1' },
  { path: 'n'.repeat(255), content: 'long name' },
  { path: 'short', kind: 'link', target: 'bin/su', mode: 0o777, uid: 7 },
  { path: 'fast', kind: 'link', target: 'x'.repeat(59), mode: 0o777 },
  { path: 'slow', kind: 'link', target: 'y'.repeat(60), mode: 0o777 },
  { path: 'far', kind: 'link', target: 'z/'.repeat(2047), mode: 0o777 },
  { path: 'tty', kind: 'character', major: 5, minor: 1, mode: 0o620, gid: 5 },
  { path: 'disk', kind: 'block', major: 300, minor: 70_000, mode: 0o660 },
  { path: 'pipe', kind: 'fifo', mode: 0o600 },
  { path: 'deep/er/file', content: 'folders above are not in the tar' },
  { path: 'sticky', mode: 0o1777 },
  { path: 'half', content: holes(1500) },
  { path: 'zero', content: Buffer.alloc(100_000) },
  { path: 'six', content: bytes(6 * MIB, 7) },
];

export async function made(entries: readonly Input[], filesystem: 'ext3' | 'ext4') {
  const rig = diskRig();
  await rig.write(entries);
  const disk = await rig.make({ filesystem });
  checkDisk(rig.image);
  return { ...rig, disk };
}

/** What debugfs says of a path: the fields of interest, in words. */
export function stat(image: string, path: string): Record<string, string | undefined> {
  const text = tool('debugfs', '-R', `stat "/${path.replaceAll('"', '""')}"`, image);
  const field = (pattern: RegExp) => pattern.exec(text)?.[1];
  return {
    inode: field(/^Inode: (\d+)/),
    type: field(/Type: (\w+(?: special)?)/),
    mode: field(/Mode: +(\d+)/),
    uid: field(/User: +(\d+)/),
    gid: field(/Group: +(\d+)/),
    size: field(/Size: (\d+)/),
    links: field(/Links: (\d+)/),
    mtime: field(/mtime: (\w+:\w+)/),
    link: field(/Fast link dest: "(.*)"/),
    device: field(/Device major\/minor number: (\d+:\d+)/),
    sectors: field(/Blockcount: (\d+)/),
  };
}
