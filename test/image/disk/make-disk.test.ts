import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  bytes,
  CAPABILITY,
  checkDisk,
  diskRig,
  type Input,
  MIB,
  made,
  SMALL,
  stat,
  TYPES,
  tool,
} from './disk-rig.ts';

describe.each(TYPES)('a disk of %s', (type) => {
  test('has everything of the tar', async () => {
    using rig = await made(SMALL, type);
    const { image } = rig;
    const at = (path: string) => stat(image, path);
    const read = (path: string) => tool('debugfs', '-R', `cat "/${path}"`, image);
    expect(at('')).toMatchObject({ mode: '0751', uid: '3', gid: '4' });
    expect(at('bin/su')).toMatchObject({ mode: '04755', gid: '70000', links: '2', size: '5000' });
    expect(at('bin/hard')).toEqual(at('bin/su'));
    expect(at('bin/su')['mtime']).toMatch(/^0x448b9b80:0{8}$/);
    expect(at('empty')).toMatchObject({ uid: '100000', size: '0', sectors: '0' });
    expect(at('empty')['mtime']).toMatch(/^0xfffffffb:0{8}$/);
    expect(at('future')['mtime']).toMatch(/^0x2a05f200:0{7}1$/);
    expect(at('short')).toMatchObject({ type: 'symlink', link: 'bin/su', uid: '7' });
    expect(at('fast')).toMatchObject({ link: 'x'.repeat(59), sectors: '0' });
    expect(at('slow')).toMatchObject({ size: '60', sectors: '8' });
    expect(read('slow')).toBe('y'.repeat(60));
    expect(read('far')).toBe('z/'.repeat(2047));
    expect(at('tty')).toMatchObject({ type: 'character special', device: '05:01', mode: '0620' });
    expect(at('disk')).toMatchObject({ type: 'block special', device: '300:70000' });
    expect(at('pipe')).toMatchObject({ type: 'FIFO', mode: '0600' });
    expect(at('deep/er')).toMatchObject({ type: 'directory', mode: '0755', uid: '0' });
    expect(at('sticky')).toMatchObject({ mode: '01777' });
    expect(at('lost+found')).toMatchObject({ inode: '11', mode: '0700', size: '16384' });
    expect(at('zero')).toMatchObject({ size: '100000', sectors: '0' });
    for (const { path, content } of SMALL) {
      if (content === undefined || path.includes('"') || path.includes('\xe9')) continue;
      const text = typeof content === 'string' ? content : (content as Buffer).toString('latin1');
      expect(read(path) === text, path).toBe(true);
    }
    expect(tool('debugfs', '-R', 'ls -p /', image)).toContain('/name with "quotes" and \\ spaces/');
    expect(tool('debugfs', '-R', 'ls -p /', image)).toContain('/caf\xe9/');
  });

  test('has the extended attributes', async () => {
    using rig = await made(SMALL, type);
    const listed = tool('debugfs', '-R', 'ea_list /bin/many', rig.image);
    for (const name of [
      'user.long (2000)',
      'user.empty (0)',
      'trusted.x (3)',
      'security.capability (20)',
    ]) {
      expect(listed).toContain(name);
    }
    const got = tool('debugfs', '-R', 'ea_get -x /bin/ping security.capability', rig.image);
    expect(got.replaceAll(/\s/g, '')).toContain(CAPABILITY.toString('hex'));
  });

  test('has room for 10,000 names in a folder', async () => {
    const many = Array.from({ length: 10_000 }, (_, number) => ({
      path: `many/a-rather-long-name-of-a-file-${number}`,
      content: number % 100 === 0 ? String(number) : '',
    }));
    using rig = await made(many, type);
    expect(rig.disk.files).toBe(10_003);
    expect(tool('debugfs', '-R', 'cat /many/a-rather-long-name-of-a-file-9900', rig.image)).toBe(
      '9900',
    );
  });

  test('is filled to the last block, and says how much it needs', async () => {
    using rig = diskRig();
    await rig.write([{ path: 'big', content: bytes(40 * MIB) }]);
    const error = await rig.make({ filesystem: type, size: 20 }).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'job-invalid' });
    const needed = Number(/needs (\d+) MiB/.exec(error.message)?.[1]);
    expect(needed).toBeGreaterThan(44);
    expect(needed).toBeLessThan(48);
    await expect(rig.make({ filesystem: type, size: needed - 1 })).rejects.toMatchObject({
      message: expect.stringContaining(`needs ${needed} MiB`),
    });
    expect(readdirSync(rig.folder)).toEqual(['root.tar']);
    const { size } = await rig.make({ filesystem: type, size: needed });
    expect(statSync(rig.image).size).toBe(size);
    checkDisk(rig.image);
  });

  test.each([1, 127, 128, 129, 300, 5000, 20_000])('of %i MiB is sound', async (room) => {
    using rig = diskRig();
    await rig.write(SMALL.slice(0, 12));
    await rig.make({ filesystem: type, size: room + 8 });
    checkDisk(rig.image);
  });
});

const canMount = process.getuid?.() === 0 && existsSync('/dev/loop-control');

describe.runIf(canMount)('mounted by the kernel', () => {
  test.each(TYPES)('%s is what the tar says, and takes more', async (type) => {
    using rig = await made(SMALL, type);
    const mounted = join(rig.folder, 'mounted');
    mkdirSync(mounted);
    tool('mount', '-o', 'loop', rig.image, mounted);
    try {
      const options = ['--xattrs', '--xattrs-include=*', '--numeric-owner'];
      tool('tar', '-C', mounted, ...options, '-df', rig.tar);
      execFileSync('cp', ['-a', join(mounted, 'bin'), join(mounted, 'copy')]);
      expect(readFileSync(join(mounted, 'copy/su')).equals(bytes(5000))).toBe(true);
    } finally {
      tool('umount', mounted);
    }
    checkDisk(rig.image);
  });
});

describe('when it fails', () => {
  test('cancelled, or with a tar that ends too early, it leaves nothing', async () => {
    using rig = diskRig();
    await rig.write(SMALL);
    const signal = AbortSignal.abort();
    await expect(rig.make({ signal })).rejects.toMatchObject({ code: 'cancelled' });
    truncateSync(rig.tar, 9000);
    await expect(rig.make()).rejects.toMatchObject({ code: 'archive-invalid' });
    expect(readdirSync(rig.folder)).toEqual(['root.tar']);
  });

  test.runIf(canMount)('without space on the host it is one error', async () => {
    using rig = diskRig();
    await rig.write([{ path: 'big', content: bytes(4 * MIB) }]);
    const small = join(rig.folder, 'small');
    mkdirSync(small);
    tool('mount', '-t', 'tmpfs', '-o', 'size=2m', 'none', small);
    try {
      const to = join(small, 'disk.img');
      await expect(rig.make({ to })).rejects.toMatchObject({
        code: 'host-io',
        message: expect.stringContaining('no space left'),
      });
      expect(readdirSync(small)).toEqual([]);
    } finally {
      tool('umount', small);
    }
  });
});

describe('is refused', () => {
  test.each<[string, string, readonly Input[]]>([
    ['a name with the end of a line', 'not-supported', [{ path: 'a\nb', content: '' }]],
    ['a link that says one', 'not-supported', [{ path: 'l', kind: 'link', target: 'a\nb' }]],
    [
      'a link that is too long',
      'not-supported',
      [{ path: 'l', kind: 'link', target: 'x'.repeat(4096) }],
    ],
    [
      'a path that is too long',
      'not-supported',
      [{ path: 'abcde/'.repeat(80_000).slice(0, -1), content: '' }],
    ],
    ['a name that is too long', 'not-supported', [{ path: 'n'.repeat(256), content: '' }]],
    [
      'a file below a link',
      'archive-invalid',
      [
        { path: 'l', kind: 'link', target: '/etc' },
        { path: 'l/passwd', content: '' },
      ],
    ],
    ['a hard link to nothing', 'archive-invalid', [{ path: 'h', kind: 'hardlink', target: 'x' }]],
    [
      'a folder that becomes a file',
      'archive-invalid',
      [{ path: 'd' }, { path: 'd', content: '' }],
    ],
    [
      'attributes that have no place',
      'not-supported',
      [{ path: 'x', content: '', attributes: new Map([['user.x', bytes(5000)]]) }],
    ],
    [
      'attributes of a namespace that ext does not know',
      'not-supported',
      [{ path: 'x', content: '', attributes: new Map([['btrfs.compression', bytes(4)]]) }],
    ],
  ])('%s', async (_what, code, entries) => {
    using rig = diskRig();
    await rig.write(entries);
    const path = entries.at(-1)?.path ?? '';
    await expect(rig.make()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(JSON.stringify(path).slice(1, 5)),
    });
    expect(readdirSync(rig.folder)).toEqual(['root.tar']);
  });
});

test('the second of two entries with one name counts', async () => {
  const twice: readonly Input[] = [
    { path: 'd', mode: 0o700 },
    { path: 'd/a', content: 'first, and longer' },
    { path: 'd/b', kind: 'hardlink', target: 'd/a' },
    { path: 'd/a', content: 'second' },
    { path: 'd', mode: 0o711 },
    { path: 'c', content: 'gone' },
    { path: 'c', kind: 'link', target: 'd' },
  ];
  using rig = await made(twice, 'ext4');
  const read = (path: string) => tool('debugfs', '-R', `cat ${path}`, rig.image);
  expect(read('/d/a')).toBe('second');
  expect(read('/d/b')).toBe('first, and longer');
  expect(stat(rig.image, 'd/b')).toMatchObject({ links: '1' });
  expect(stat(rig.image, 'd')).toMatchObject({ mode: '0711', links: '2' });
  expect(stat(rig.image, 'c')).toMatchObject({ type: 'symlink' });
});

test('the disk may be changed by debugfs', async () => {
  using rig = await made(SMALL, 'ext3');
  tool('debugfs', '-w', '-R', `write ${rig.tar} again`, rig.image);
  checkDisk(rig.image);
  expect(stat(rig.image, 'again')).toMatchObject({ size: String(statSync(rig.tar).size) });
});
