import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileTree, Operation } from '../../src/tree/file-tree.ts';
import { openTree } from '../../src/tree/open-tree.ts';

const { signal } = new AbortController();
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C' };
const TIME = 1_180_000_000;
const asRoot = process.getuid?.() === 0;
const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const other = asRoot ? { uid: 1000, gid: 70_000 } : me;

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'domstart-tree-'));
  mkdirSync(join(scratch, 'root/etc'), { recursive: true });
  chmodSync(join(scratch, 'root/etc'), 0o755);
  writeFileSync(join(scratch, 'root/etc/old'), 'old\n');
  writeFileSync(join(scratch, 'source'), 'from the host\n');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function image(): string {
  const at = join(scratch, 'disk.img');
  const args = ['-q', '-t', 'ext4', '-O', '^metadata_csum', '-d', join(scratch, 'root'), at, '8M'];
  execFileSync('mke2fs', args, { env, stdio: 'ignore' });
  return at;
}

const KINDS = {
  folder: () => openTree(join(scratch, 'root'), signal, { time: TIME }),
  image: () => openTree(image(), signal, { time: TIME }),
  'own image': () => openTree(image(), signal, { time: TIME, own: true }),
};

const purpose = 'system';

function everything(): Operation[] {
  return [
    { kind: 'folder', purpose, path: '/etc', mode: 0o700, owner: other },
    { kind: 'folder', purpose, path: '/var', mode: 0o1777, owner: other },
    { kind: 'folder', purpose, path: '/var/a "b"', mode: 0o755, owner: me },
    {
      kind: 'write',
      purpose: 'copy',
      path: '/var/a "b"/copied',
      content: { source: join(scratch, 'source') },
      mode: 0o4755,
      owner: other,
    },
    { kind: 'link', purpose, path: '/var/short', target: '../etc/old', owner: other },
    { kind: 'link', purpose, path: '/var/long', target: `/${'x/'.repeat(90)}y`, owner: me },
    { kind: 'link', purpose, path: '/etc/old', target: '-f "q"', owner: me },
    {
      kind: 'write',
      purpose,
      path: '/var/short',
      content: Buffer.from('a file now'),
      mode: 0o600,
      owner: me,
    },
    { kind: 'rename', purpose, path: '/var/long', to: '/var/far' },
  ];
}

describe.each(Object.entries(KINDS))('in a %s', (kind, open) => {
  async function entry(tree: FileTree, path: string) {
    const found = await tree.lookUp(path);
    return found && [found.kind, found.mode.toString(8), found.owner, found.target];
  }

  test('folders, links and copies are made', async () => {
    await (await open()).apply(everything(), signal);
    const root = kind === 'folder' ? join(scratch, 'root') : join(scratch, 'disk.img');
    const tree = await openTree(root, signal);
    expect(await entry(tree, '/etc')).toEqual(['folder', '755', me, undefined]);
    expect(await entry(tree, '/var')).toEqual(['folder', '1777', other, undefined]);
    expect(await entry(tree, '/var/a "b"/copied')).toEqual(['file', '4755', other, undefined]);
    expect((await tree.read('/var/a "b"/copied')).toString()).toBe('from the host\n');
    expect(await entry(tree, '/var/short')).toEqual(['file', '600', me, undefined]);
    expect(await entry(tree, '/var/far')).toEqual(['link', '777', me, `/${'x/'.repeat(90)}y`]);
    expect((await entry(tree, '/etc/old'))?.[3]).toBe('-f "q"');
    expect((await tree.list('/var')).map(({ name }) => name).sort()).toEqual([
      'a "b"',
      'far',
      'short',
    ]);
    expect(readdirSync(scratch).sort()).toEqual(
      kind === 'folder' ? ['root', 'source'] : ['disk.img', 'root', 'source'],
    );
    if (kind !== 'folder') {
      execFileSync('e2fsck', ['-fn', root], { env, stdio: 'ignore' });
      const stat = execFileSync('debugfs', ['-R', 'stat "/var/a ""b""/copied"', root], { env });
      expect(stat.toString()).toContain(`mtime: 0x${TIME.toString(16)}`);
      return;
    }
    for (const path of ['var', 'var/a "b"', 'var/a "b"/copied', 'var/far', 'var/short']) {
      expect(lstatSync(join(root, path)).mtimeMs).toBe(TIME * 1000);
    }
  });

  test('a folder is not made where something else is', async () => {
    const tree = await open();
    const path = '/etc/old';
    await expect(
      tree.apply([{ kind: 'folder', purpose, path, mode: 0o755, owner: me }], signal),
    ).rejects.toMatchObject({ code: 'host-io', message: expect.stringContaining(path) });
  });

  test('a source that is missing is named before anything is done', async () => {
    const tree = await open();
    const source = join(scratch, 'nowhere');
    const [folder] = everything().slice(1);
    await expect(
      tree.apply(
        [
          folder as Operation,
          { kind: 'write', purpose, path: '/new', content: { source }, mode: 0o644, owner: me },
        ],
        signal,
      ),
    ).rejects.toMatchObject({ code: 'file-missing', message: expect.stringContaining(source) });
    expect(await tree.lookUp('/var')).toBeUndefined();
  });
});

test('the same changes of the same image give the same bytes', async () => {
  const first = image();
  const second = join(scratch, 'second.img');
  copyFileSync(first, second);
  const changes = everything().filter((one) => one.kind !== 'rename');
  await (await openTree(first, signal, { time: TIME, own: true })).apply(changes, signal);
  await (await openTree(second, signal, { time: TIME })).apply(changes, signal);
  expect(readFileSync(first).equals(readFileSync(second))).toBe(true);
});

test('an image of our own stays the same file; holes of a source are no blocks', async () => {
  const at = image();
  const before = statSync(at);
  const source = join(scratch, 'large');
  truncateSync(join(scratch, 'source'), 0);
  copyFileSync(join(scratch, 'source'), source);
  truncateSync(source, 2 ** 32);
  const tree = await openTree(at, signal, { time: TIME, own: true });
  await tree.apply(
    [{ kind: 'write', purpose, path: '/large', content: { source }, mode: 0o644, owner: me }],
    signal,
  );
  expect(statSync(at).ino).toBe(before.ino);
  execFileSync('e2fsck', ['-fn', at], { env, stdio: 'ignore' });
});

test('an image of our own that has errors is found out', async () => {
  const at = image();
  const spoil = 'set_inode_field /etc/old links_count 7';
  execFileSync('debugfs', ['-w', '-R', spoil, at], { env, stdio: 'ignore' });
  const tree = await openTree(at, signal, { own: true });
  await expect(tree.apply(everything().slice(0, 2), signal)).rejects.toMatchObject({
    code: 'host-io',
    message: expect.stringContaining('has errors'),
  });
});
