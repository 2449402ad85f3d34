import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { driversUnder, moduleEntries } from '../../src/image/kernel-modules.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-modules-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function module(path: string, depends: string, pack = (text: string): string | Buffer => text) {
  const file = join(folder, 'kernel', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, pack(`\x7fELF…\0license=GPL\0depends=${depends}\0name=x\0`));
}

it('modules come with all that they depend on, what is needed first standing last', async () => {
  module('drivers/net/virtio_net.ko', 'net_failover,virtio');
  module('drivers/net/net_failover.ko.zst', 'failover', (text) => zstdCompressSync(text));
  module('net/core/failover.ko', '');
  module('drivers/virtio/virtio.ko', 'virtio-ring');
  module('drivers/virtio/virtio-ring.ko', '');
  module('drivers/other.ko', '');
  const kernel = { version: '6.1', bzImage: '', vmlinux: '', modulesFolder: folder };
  const entries = await moduleEntries(kernel, ['virtio_net', 'built_in']);

  const [dep] = entries;
  expect(dep).toMatchObject({ kind: 'file', path: '/lib/modules/6.1/modules.dep' });
  const lines = dep?.kind === 'file' ? String(dep.content).split('\n') : [];
  expect(lines).toHaveLength(6);
  const virtioNet = lines.find((line) => line.startsWith('kernel/drivers/net/virtio_net.ko:'));
  const order = virtioNet?.split(' ').slice(1) ?? [];
  expect(order.toSorted()).toEqual([
    'kernel/drivers/net/net_failover.ko',
    'kernel/drivers/virtio/virtio-ring.ko',
    'kernel/drivers/virtio/virtio.ko',
    'kernel/net/core/failover.ko',
  ]);
  const before = (a: string, b: string) =>
    order.indexOf(`kernel/${a}`) < order.indexOf(`kernel/${b}`);
  expect(before('drivers/net/net_failover.ko', 'net/core/failover.ko')).toBe(true);
  expect(before('drivers/virtio/virtio.ko', 'drivers/virtio/virtio-ring.ko')).toBe(true);
  expect(entries.map((entry) => entry.path)).not.toContain(
    '/lib/modules/6.1/kernel/drivers/other.ko',
  );
  const unpacked = entries.find((entry) => entry.path.endsWith('/net_failover.ko'));
  expect(unpacked?.kind === 'file' && String(unpacked.content)).toContain('depends=failover');
});

it.each([
  ['qemu', true, true, ['virtio_pci', 'virtio_blk', 'crc32c_generic', 'ext4', 'virtio_net']],
  ['qemu', false, true, ['virtio_pci', 'virtio_net']],
  ['xen', true, true, ['xen_blkfront', 'crc32c_generic', 'ext4', 'xen_netfront']],
  ['xen', true, false, ['xen_blkfront', 'crc32c_generic', 'ext4']],
  ['xen', false, false, []],
] as const)('under %s, with disks %s and a network %s', (kind, disks, network, drivers) => {
  expect(driversUnder(kind, { disks, network })).toEqual(drivers);
});
