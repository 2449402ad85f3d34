import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installGuest, restoreGuest } from '../../src/guest/install.ts';
import { openTree } from '../../src/tree/open-tree.ts';
import { EVENT_D, guestOf, guestRig, pictureOf, TEXT } from './guest-tree.ts';

const { signal } = new AbortController();
const GENTLY = { force: false, dryRun: false, signal };
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
const TYPES = ['ext2', 'ext3', 'ext4'] as const;

function tool(name: string, ...args: readonly string[]): string {
  return execFileSync(name, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

function makeImage(root: string, image: string, type: string, ...more: readonly string[]): void {
  tool('mke2fs', '-q', '-t', type, ...more, '-d', root, image, '16M');
}

/** Throws where the file system is not sound. */
function checked(image: string): void {
  const cwd = dirname(image);
  execFileSync('e2fsck', ['-fn', `./${basename(image)}`], { env, cwd, stdio: 'ignore' });
}

/** What is in it, by debugfs, and not by what is tested. */
function contentOf(image: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-dump-'));
  try {
    tool('debugfs', '-R', `rdump / ${folder}`, image);
    rmSync(join(folder, 'lost+found'), { recursive: true });
    const picture = pictureOf(folder);
    const list = execFileSync('debugfs', ['-R', 'ls -p /etc/event.d', image], {
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return {
      ...picture,
      list: list
        .toString('latin1')
        .split('\n')
        .filter((line) => !line.startsWith('/0/'))
        .sort()
        .join('\n'),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const install = async (image: string) =>
  installGuest(await openTree(image, signal), guestOf(), GENTLY);
const restore = async (image: string) => restoreGuest(await openTree(image, signal), GENTLY);

describe.each(TYPES)('an image of %s', (type) => {
  test('is installed into and restored, and is sound at every step', async () => {
    using rig = guestRig();
    rig.write('usr/job', 'start on startup\nexec far\n');
    rig.write('etc/event.d/secret', 'start on startup\nexec s\n', 0o600);
    rig.link('etc/event.d/link', '../../usr/job');
    rig.link('etc/event.d/long', `/usr${'/.'.repeat(60)}/job`);
    const image = join(rig.folder, 'my disk.img');
    makeImage(rig.root, image, type);
    chmodSync(image, 0o640);
    const before = contentOf(image);

    await install(image);
    checked(image);
    const installed = contentOf(image);
    expect(installed['etc/event.d/rc-noklus']).toContain(TEXT);
    expect(installed['etc/event.d/rc-noklus']).toMatch(/^100644 /);
    expect(installed['etc/event.d/secret']).toMatch(/^100600 .*\nstart on domstart-never\n/);
    expect(installed['etc/event.d/long']).toContain('start on domstart-never\nexec far\n');
    expect(installed['etc/event.d/long.domstart~']).toMatch(/^-> \/usr/);
    expect(installed['etc/event.d/rcS.domstart~']).toBe(before['etc/event.d/rcS']);
    expect(installed['etc/event.d/latin']).toContain('# caf\xe9\n');

    const { mtimeMs } = statSync(image);
    expect((await install(image)).operations).toEqual([]);
    expect(statSync(image).mtimeMs).toBe(mtimeMs);

    await restore(image);
    checked(image);
    expect(contentOf(image)).toEqual(before);
    expect((await restore(image)).operations).toEqual([]);
    expect(statSync(image).mode & 0o777).toBe(0o640);
    expect(readdirSync(rig.folder).sort()).toEqual(['my disk.img', 'root']);
  });

  test('whose folder of jobs is full gets more room', async () => {
    const many = Array.from({ length: 30 }, (_, number): [string, string] => [
      `${'long-'.repeat(40)}${number}`,
      'start on startup\nexec x\n',
    ]);
    using rig = guestRig(Object.fromEntries(many));
    const image = join(rig.folder, 'disk.img');
    makeImage(rig.root, image, type, '-b', '1024');
    const before = contentOf(image);
    const { off } = await install(image);
    expect(off).toHaveLength(30);
    checked(image);
    await restore(image);
    checked(image);
    expect(contentOf(image)).toEqual(before);
  });
});

describe('names are no requests of debugfs', () => {
  test.each([
    'a b',
    'a"b',
    '"',
    "it's",
    '; rm rcS',
    '$(touch x)',
    '<12>',
    '-f',
    'a\\',
    '#a b',
    'ä',
  ])('%s', async (name) => {
    using rig = guestRig({ rcS: EVENT_D['rcS'] as string, [name]: 'start on startup\nexec x\n' });
    const image = join(rig.folder, 'disk.img');
    makeImage(rig.root, image, 'ext4');
    const before = contentOf(image);
    await install(image);
    checked(image);
    expect(contentOf(image)[`etc/event.d/${name}`]).toContain('domstart-never');
    await restore(image);
    checked(image);
    expect(contentOf(image)).toEqual(before);
  });

  test('one with the end of a line is refused, and nothing is done', async () => {
    using rig = guestRig({ 'a\nrm rcS': 'start on startup\nexec x\n' });
    const image = join(rig.folder, 'disk.img');
    makeImage(rig.root, image, 'ext4');
    const before = readFileSync(image);
    await expect(install(image)).rejects.toMatchObject({ code: 'not-supported' });
    expect(readFileSync(image).equals(before)).toBe(true);
    expect(readdirSync(rig.folder).sort()).toEqual(['disk.img', 'root']);
  });
});

test('an image with a strange name beside a strange name', async () => {
  using rig = guestRig();
  const folder = join(rig.folder, 'a?b "c"');
  mkdirSync(folder);
  const image = join(folder, '-d isk".img');
  makeImage(rig.root, join(rig.folder, 'disk.img'), 'ext4');
  renameSync(join(rig.folder, 'disk.img'), image);
  const link = join(rig.folder, 'link');
  symlinkSync(image, link);
  await install(link);
  checked(image);
  await restore(link);
  renameSync(image, join(folder, 'd?isk'));
  await expect(install(join(folder, 'd?isk'))).rejects.toMatchObject({ code: 'not-supported' });
});

describe('is left alone', () => {
  /** An image, made unfit. */
  async function refused(spoil: (image: string) => void) {
    using rig = guestRig();
    const image = join(rig.folder, 'disk.img');
    makeImage(rig.root, image, 'ext4');
    spoil(image);
    const before = readFileSync(image);
    const error = await install(image).then(
      () => undefined,
      (reason) => reason,
    );
    expect(readFileSync(image).equals(before)).toBe(true);
    expect(readdirSync(rig.folder).sort()).toEqual(['disk.img', 'root']);
    return { code: error?.code, message: error?.message, hint: error?.hint };
  }
  const overwrite = (image: string, at: number, bytes: readonly number[]) => {
    const file = openSync(image, 'r+');
    writeSync(file, Uint8Array.from(bytes), 0, bytes.length, at);
  };

  test('one that was not unmounted', async () => {
    for (const spoil of [
      (image: string) => tool('debugfs', '-w', '-R', 'set_super_value state 0', image),
      (image: string) => tool('debugfs', '-w', '-R', 'feature needs_recovery', image),
    ]) {
      expect(await refused(spoil)).toEqual({
        code: 'host-io',
        message: expect.stringContaining('was not unmounted: it is in use'),
        hint: expect.stringContaining('e2fsck -f '),
      });
    }
  });

  test('one that says it has errors, and one that does not say so', async () => {
    const known = (image: string) => tool('debugfs', '-w', '-R', 'set_super_value state 2', image);
    const hidden = (image: string) =>
      tool('debugfs', '-w', '-R', 'set_inode_field /etc/event.d/rcS links_count 7', image);
    for (const spoil of [known, hidden]) {
      expect(await refused(spoil)).toEqual({
        code: 'host-io',
        message: expect.stringContaining('has errors'),
        hint: expect.stringContaining('e2fsck -f '),
      });
    }
  });

  test.each<[string, (image: string) => void]>([
    [
      'is a whole disk with partitions',
      (image) => {
        truncateSync(image, 0);
        truncateSync(image, 1 << 20);
        overwrite(image, 0x1be, [0x80, 0, 2, 0, 0x83]);
        overwrite(image, 510, [0x55, 0xaa]);
      },
    ],
    [
      'is a qcow2 image',
      (image) => {
        truncateSync(image, 0);
        overwrite(image, 0, [0x51, 0x46, 0x49, 0xfb]);
      },
    ],
    ['holds no ext2, ext3 or ext4 file system', (image) => writeFileSync(image, 'hello\n')],
    ['holds no ext2, ext3 or ext4 file system', (image) => truncateSync(image, 0)],
  ])('%s', async (message, spoil) => {
    const error = await refused(spoil);
    expect(error).toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining(message),
    });
  });

  test('without space in it', async () => {
    using rig = guestRig();
    const image = join(rig.folder, 'disk.img');
    makeImage(rig.root, image, 'ext2', '-b', '1024', '-m', '0');
    const free = /Free blocks: +(\d+)/.exec(tool('dumpe2fs', '-h', image))?.[1];
    const fill = join(rig.folder, 'fill');
    writeFileSync(fill, Buffer.alloc((Number(free) - 70) * 1024, 1));
    tool('debugfs', '-w', '-R', `write ${fill} fill`, image);
    checked(image);
    const before = readFileSync(image);
    await expect(install(image)).rejects.toMatchObject({ code: 'host-io' });
    expect(readFileSync(image).equals(before)).toBe(true);
  });
});

test('killed while it is changed, an image is what it was, and the next one cleans up', async () => {
  using rig = guestRig();
  const image = join(rig.folder, 'disk.img');
  makeImage(rig.root, image, 'ext4');
  const before = contentOf(image);
  const left = join(rig.folder, '.disk.img.domstart~');
  mkdirSync(left);
  copyFileSync(image, join(left, 'image'));
  writeFileSync(join(left, 'content-0'), 'x');
  await install(image);
  await restore(image);
  expect(contentOf(image)).toEqual(before);
  expect(readdirSync(rig.folder).sort()).toEqual(['disk.img', 'root']);
});
