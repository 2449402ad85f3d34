import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { takeOut } from '../../src/archive/take-out.ts';
import type { TarEntry } from '../../src/archive/tar-entry.ts';
import { type TarInput, writeTar } from '../../src/archive/write-tar.ts';
import { ensureHost } from '../../src/host/ensure-host.ts';
import { inChunks } from './raw-tar.ts';
import { readAll } from './read-all.ts';

let busybox = '';
let folder: string;

beforeAll(async () => {
  const host = await ensureHost({ signal: new AbortController().signal, onProgress: () => {} });
  busybox = host.busybox.path;
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtime: 1_000_000_000 };

function file(path: string, text = path): TarInput {
  const content = Buffer.from(text, 'latin1');
  return { entry: { ...owner, path, kind: 'file', mode: 0o644, size: content.length }, content };
}
function other(entry: Pick<TarEntry, 'path' | 'kind'> & Partial<TarEntry>): TarInput {
  return { entry: { ...owner, mode: 0o755, size: 0, ...entry } };
}

const deep = Array.from({ length: 12 }, (_, n) => `${n}`.repeat(60))
  .join('/')
  .slice(0, 600);
const items: readonly TarInput[] = [
  other({ path: '', kind: 'folder' }),
  file('plain', 'x'.repeat(100_001)),
  other({ path: 'zz hardlink', kind: 'hardlink', target: 'plain', mode: 0o644 }),
  file('-rf'),
  file('--checkpoint-action=exec=sh'),
  file(' a b '),
  file('a\nb'),
  file(`"quoted" 'name' \\n`),
  file('$(name)`name`'),
  file('\xff\xfe not utf-8 \x80'),
  file(Buffer.from('grüße €').toString('latin1')),
  file('n'.repeat(100)),
  file('m'.repeat(101)),
  file('l'.repeat(255)),
  file(`${'\xff'.repeat(200)}long`),
  other({ path: 'e'.repeat(100), kind: 'folder' }),
  other({ path: 'folder with a mode', kind: 'folder', mode: 0o700 }),
  file(`${'d'.repeat(150)}/${'f'.repeat(100)}`),
  file(`${'d'.repeat(150)}/${'g'.repeat(200)}`),
  file(deep.replace(/\/$/, '')),
  other({ path: 'link', kind: 'link', target: 'a\nb', mode: 0o777 }),
  other({
    path: 'link\xff',
    kind: 'link',
    target: `${'./'.repeat(60)}\xff\xfe not utf-8 \x80`,
    mode: 0o777,
  }),
  other({ path: 'l2'.repeat(100), kind: 'link', target: `./${'l'.repeat(255)}`, mode: 0o777 }),
];

async function write(inputs: readonly TarInput[]): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeTar(inputs)) parts.push(part);
  return Buffer.concat(parts);
}

/** What stands in a folder: kind, mode, content or target by path; names in bytes. */
function standing(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string) => {
    const at = Buffer.from(
      path === '' ? root : `${Buffer.from(root).toString('latin1')}/${path}`,
      'latin1',
    );
    const stat = lstatSync(at);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) {
      found.set(path, `link ${readlinkSync(at, { encoding: 'buffer' }).toString('latin1')}`);
    } else if (stat.isFile()) {
      found.set(path, `file ${mode} ${stat.nlink} ${readFileSync(at).toString('latin1')}`);
    } else {
      found.set(path, 'folder'.concat(path === '' ? '' : ` ${mode}`));
      for (const name of readdirSync(at, { encoding: 'buffer' })) {
        walk(path === '' ? name.toString('latin1') : `${path}/${name.toString('latin1')}`);
      }
    }
  };
  walk('');
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const PYTHON_READS = `
import sys, tarfile
with tarfile.open(fileobj=sys.stdin.buffer, mode='r|') as tar:
    extra = {'filter': 'fully_trusted'} if hasattr(tarfile, 'data_filter') else {}
    tar.extractall(sys.argv[1], **extra)
`;
const PYTHON_WRITES = `
import sys, tarfile
with tarfile.open(fileobj=sys.stdout.buffer, mode='w|', format=getattr(tarfile, sys.argv[2])) as tar:
    tar.add(sys.argv[1], arcname='.')
`;

const LARGE = { maxBuffer: 1 << 28 };
const gnu = (format: string) => (from: string) =>
  execFileSync('tar', ['-C', from, `--format=${format}`, '-cf', '-', '.'], LARGE);
const python = (format: string) => (from: string) =>
  execFileSync('python3', ['-c', PYTHON_WRITES, from, format], LARGE);

const writers: readonly (readonly [string, (from: string) => Buffer])[] = [
  ['GNU tar, gnu', gnu('gnu')],
  ['GNU tar, pax', gnu('pax')],
  ['busybox', (from) => execFileSync(busybox, ['tar', '-C', from, '-cf', '-', '.'], LARGE)],
  ['python, pax', python('PAX_FORMAT')],
  ['python, gnu', python('GNU_FORMAT')],
];

const readers: readonly (readonly [string, (into: string, input: Buffer) => void])[] = [
  ['GNU tar', (into, input) => execFileSync('tar', ['-C', into, '-xpf', '-'], { input })],
  ['busybox', (into, input) => execFileSync(busybox, ['tar', '-C', into, '-xpf', '-'], { input })],
  ['python', (into, input) => execFileSync('python3', ['-c', PYTHON_READS, into], { input })],
];

const limits = { bytes: 10_000_000, count: 1000 };

describe('peers', () => {
  test.each(readers)('%s reads what is written here as takeOut does', async (_name, read) => {
    const ours = join(folder, 'ours');
    const theirs = join(folder, 'theirs');
    const bytes = await write(items);
    await takeOut({ tar: inChunks(bytes, 10_000), into: ours, limits });
    mkdirSync(theirs);
    read(theirs, bytes);
    const expected = standing(ours);
    expect(expected.size).toBeGreaterThan(items.length);
    expect(expected.get('zz hardlink')).toMatch(/^file 644 2 x/);
    expect(standing(theirs)).toEqual(expected);
  });

  test.each(writers)('what %s writes is read here', async (_name, writeTheirs) => {
    const ours = join(folder, 'ours');
    await takeOut({ tar: inChunks(await write(items), 10_000), into: ours, limits });
    const expected = standing(ours);
    const bytes = writeTheirs(ours);
    const again = join(folder, 'again');
    await takeOut({ tar: inChunks(bytes, 10_000), into: again, limits });
    expect(standing(again)).toEqual(expected);

    // And it says the same when it is written again, in the same bytes each time.
    const read = await readAll(bytes);
    const first = await write(read);
    expect(await readAll(first)).toEqual(read);
    expect((await write(await readAll(first))).equals(first)).toBe(true);
  });

  test('GNU tar in the formats of old', async () => {
    const ours = join(folder, 'ours');
    const short = [file('plain'), other({ path: 'd', kind: 'folder' }), file('d/\xff')];
    const prefixed = file(`${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(90)}`);
    for (const [format, list] of [
      ['v7', short],
      ['ustar', [...short, prefixed]],
      ['oldgnu', items],
    ] as const) {
      await takeOut({ tar: inChunks(await write(list), 10_000), into: ours, limits });
      const again = join(folder, 'again');
      await takeOut({ tar: inChunks(gnu(format)(ours), 10_000), into: again, limits });
      expect(standing(again)).toEqual(standing(ours));
      for (const path of [ours, again]) rmSync(path, { recursive: true });
    }
  });

  test('sparse files of GNU tar are refused', async () => {
    writeFileSync(join(folder, 'sparse'), '');
    truncateSync(join(folder, 'sparse'), 1_048_576);
    for (const format of ['--format=gnu', '--sparse-version=0.1', '--sparse-version=1.0']) {
      const options = format.startsWith('--sparse') ? ['--format=pax', format] : [format];
      const bytes = execFileSync('tar', ['-C', folder, ...options, '-S', '-cf', '-', 'sparse']);
      await expect(readAll(bytes)).rejects.toThrow('sparse');
    }
  });

  test('what has no room in ustar: GNU tar and busybox list it, python reads its numbers', async () => {
    const entry: TarEntry = {
      ...{ path: 'big', kind: 'file', mode: 0o644, size: 9 * 1024 ** 3 },
      ...{ uid: 4_000_000_000, gid: 3_000_000, mtime: -86_400 },
    };
    const { value } = await writeTar([{ entry }]).next();
    const input = Buffer.from(value as Uint8Array);
    const numbers = `import sys, tarfile
m = tarfile.open(fileobj=sys.stdin.buffer, mode="r|").next()
print(m.size, m.uid, m.gid, m.mtime)`;
    expect(execFileSync('python3', ['-c', numbers], { input, encoding: 'utf8' }).trim()).toBe(
      '9663676416 4000000000 3000000 -86400',
    );
    // The content is missing, so both end with an error behind it.
    for (const [command, ...args] of [['tar'], [busybox, 'tar']] as const) {
      const { stdout } = spawnSync(command, [...args, '-tvf', '-'], { input, encoding: 'utf8' });
      expect(stdout).toMatch(/4000000000\/3000000 +9663676416 1969-12-31/);
    }
  });

  test('devices and fifos: python reads them as they are', async () => {
    const list = [
      other({ path: 'null', kind: 'character', major: 1, minor: 3 }),
      other({ path: 'sda', kind: 'block', major: 8, minor: 1_048_575 }),
      other({ path: 'pipe', kind: 'fifo' }),
    ];
    const script = `import sys, tarfile
for m in tarfile.open(fileobj=sys.stdin.buffer, mode="r|"):
    print(m.name, m.ischr(), m.isblk(), m.isfifo(), m.devmajor, m.devminor)`;
    const options = { input: await write(list), encoding: 'utf8' } as const;
    expect(execFileSync('python3', ['-c', script], options)).toBe(
      'null True False False 1 3\nsda False True False 8 1048575\npipe False False True 0 0\n',
    );
  });

  test('extended attributes go to GNU tar and come back', async (context) => {
    const value = Buffer.from([0, 0xff, 0x0a, 0x3d, 0x20]);
    const attributes = new Map([['user.a=b%c', value]]);
    const { entry, content } = file('f'.repeat(120));
    const bytes = await write([{ entry: { ...entry, attributes }, content: content as Buffer }]);
    const probe = 'import os, sys; os.setxattr(sys.argv[1], "user.x", b"y")';
    context.skip(spawnSync('python3', ['-c', probe, folder]).status !== 0, 'no attributes in /tmp');
    execFileSync('tar', ['-C', folder, '--xattrs', '-xf', '-'], { input: bytes });
    const get = 'import os, sys; sys.stdout.buffer.write(os.getxattr(sys.argv[1], "user.a=b%c"))';
    expect(execFileSync('python3', ['-c', get, join(folder, entry.path)])).toEqual(value);
    const theirs = execFileSync('tar', ['-C', folder, '--xattrs', '-cf', '-', entry.path]);
    expect((await readAll(theirs))[0]?.entry.attributes).toEqual(attributes);
  });
});
