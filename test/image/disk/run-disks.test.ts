import { execFileSync } from 'node:child_process';
import { openSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyDisk } from '../../../src/image/disk/copy-disk.ts';
import { makeOverlay } from '../../../src/image/disk/overlay.ts';
import { makeSwap } from '../../../src/image/disk/swap.ts';
import { findExecutable } from '../../../src/system/find-executable.ts';
import { diskRig, tool } from './disk-rig.ts';

const GIB = 2 ** 30;
const { signal } = new AbortController();
const hasQemuImg = findExecutable('qemu-img') !== undefined;
const hasQemu = findExecutable('qemu-system-x86_64') !== undefined;

function sparse(path: string, size: number): string {
  writeFileSync(path, 'begin');
  truncateSync(path, size);
  return path;
}

/** What QEMU says of an image that it has opened as the disk of a machine without anything else. */
function openedByQemu(image: string) {
  const drive = JSON.stringify({
    driver: 'qcow2',
    'node-name': 'disk',
    file: { driver: 'file', filename: image },
  });
  const args = ['-machine', 'none', '-display', 'none', '-nodefaults', '-blockdev', drive];
  const words = ['qmp_capabilities', 'query-named-block-nodes', 'quit'];
  const input = words.map((execute) => JSON.stringify({ execute })).join('\n');
  const text = execFileSync('qemu-system-x86_64', [...args, '-qmp', 'stdio'], {
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  const answers = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const nodes = answers.find((answer) => Array.isArray(answer.return)).return;
  return nodes.find((node: Record<string, unknown>) => node['node-name'] === 'disk').image;
}

describe('an overlay', () => {
  test.runIf(hasQemu)('is what QEMU opens, over a raw image and over an overlay', async () => {
    using rig = diskRig();
    const backing = sparse(join(rig.folder, 'a "b": c.img'), 3 * GIB + 5);
    const first = join(rig.folder, 'first.qcow2');
    const second = join(rig.folder, 'second.qcow2');
    await makeOverlay({ backing, backingFormat: 'raw', to: first });
    await makeOverlay({ backing: first, backingFormat: 'qcow2', to: second });
    expect(openedByQemu(first)).toMatchObject({
      'virtual-size': 3 * GIB + 512,
      format: 'qcow2',
      'backing-filename': backing,
      'backing-filename-format': 'raw',
    });
    expect(openedByQemu(second)).toMatchObject({
      'virtual-size': 3 * GIB + 512,
      'backing-filename-format': 'qcow2',
      'backing-image': { 'backing-filename-format': 'raw' },
    });
  });

  test.runIf(hasQemuImg).each([1, 512, 513, 40_000])('over %i MiB is sound', async (size) => {
    using rig = diskRig();
    const backing = sparse(rig.image, size * 2 ** 20);
    const to = join(rig.folder, 'over.qcow2');
    await makeOverlay({ backing, backingFormat: 'raw', to });
    expect(tool('qemu-img', 'check', to)).toContain('No errors were found');
    execFileSync('qemu-img', ['compare', '-f', 'qcow2', '-F', 'raw', to, backing], {
      stdio: 'ignore',
    });
  });

  test('takes next to nothing, and is the same twice', async () => {
    using rig = diskRig();
    const backing = sparse(rig.image, 10 * GIB);
    const over = ['a', 'b'].map((name) => join(rig.folder, name));
    for (const to of over) await makeOverlay({ backing, backingFormat: 'raw', to });
    const [a, b] = over.map((path) => readFileSync(path));
    expect(a?.equals(b as Buffer)).toBe(true);
    expect(statSync(over[0] as string).blocks * 512).toBeLessThan(2 ** 17);
  });

  test('is not made over what is missing or is no qcow2', async () => {
    using rig = diskRig();
    const to = join(rig.folder, 'over');
    const backing = join(rig.folder, 'missing');
    await expect(makeOverlay({ backing, backingFormat: 'raw', to })).rejects.toMatchObject({
      code: 'host-io',
    });
    sparse(rig.image, GIB);
    await expect(
      makeOverlay({ backing: rig.image, backingFormat: 'qcow2', to }),
    ).rejects.toMatchObject({ code: 'not-supported' });
  });
});

test('swap is what mkswap makes', async () => {
  using rig = diskRig();
  const theirs = sparse(join(rig.folder, 'theirs'), 64 * 2 ** 20);
  const { uuid } = await makeSwap({ to: rig.image, size: 64, uuidSeed: 'seed' });
  truncateSync(theirs, 0);
  truncateSync(theirs, 64 * 2 ** 20);
  tool('mkswap', '-L', 'swap', '-U', uuid, theirs);
  expect(readFileSync(rig.image).equals(readFileSync(theirs))).toBe(true);
  expect(tool('blkid', '-p', rig.image)).toContain(`UUID="${uuid}"`);
  expect(statSync(rig.image).blocks * 512).toBeLessThan(2 ** 16);
  expect(await makeSwap({ to: theirs, size: 64, uuidSeed: 'seed' })).toEqual({ uuid });
});

describe('a copy', () => {
  test('has the same bytes and keeps the holes', async () => {
    using rig = diskRig();
    const from = sparse(rig.image, 100 * 2 ** 20);
    writeSync(openSync(from, 'r+'), 'middle', 50 * 2 ** 20);
    const to = join(rig.folder, '-copy');
    await copyDisk({ from, to, signal });
    expect(readFileSync(to).equals(readFileSync(from))).toBe(true);
    expect(statSync(to).blocks * 512).toBeLessThan(2 ** 20);
  });

  test('that fails or is cancelled leaves nothing', async () => {
    using rig = diskRig();
    const to = join(rig.folder, 'copy');
    await expect(copyDisk({ from: rig.image, to, signal })).rejects.toMatchObject({
      code: 'host-io',
      message: expect.stringContaining(rig.image),
    });
    sparse(rig.image, 2 ** 20);
    const aborted = AbortSignal.abort();
    await expect(copyDisk({ from: rig.image, to, signal: aborted })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(statSync(to, { throwIfNoEntry: false })).toBeUndefined();
  });
});
