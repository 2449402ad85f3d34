import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findHost } from '../../../src/host/find-host.ts';
import { cacheFolder } from '../../../src/host/paths.ts';
import { commandLine } from '../../support/domstart.ts';
import { sharedBase } from '../../support/shared-base.ts';

/**
 * The real LVM, in a guest: the host of the tests may have no device-mapper, and its volumes are
 * nobody's to play with. What is done in there is in fixtures/in-guest.ts; one guest does all of it.
 */
const MIB = 2 ** 20;
const MODULES = [
  ...['drivers/block/loop', 'drivers/md/dm-mod', 'drivers/md/dm-bufio', 'drivers/md/dm-snapshot'],
  ...['lib/libcrc32c', 'drivers/md/dm-bio-prison', 'drivers/md/persistent-data/dm-persistent-data'],
  'drivers/md/dm-thin-pool',
];
/** Nobody makes device nodes in this guest but LVM itself. */
const LVM_CONFIG = `activation { udev_sync=0 udev_rules=0 monitoring=0 }
devices {
    obtain_device_list_from_udev=0
    external_device_info_source="none"
    global_filter=["a|^/dev/loop0$|", "r|.*|"]
}
backup { backup=0 archive=0 }
`;

let folder: string;
const results = new Map<string, unknown>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-volume-'));
  await sharedBase({ packages: ['lvm2'] });
  await build({
    entryPoints: [join(import.meta.dirname, 'fixtures/in-guest.ts')],
    outfile: join(folder, 'in-guest.mjs'),
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node24', logLevel: 'warning' },
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  writeFileSync(join(folder, 'lvmlocal.conf'), LVM_CONFIG);
  writeFileSync(join(folder, 'volume.conf'), await jobText());
  await using cli = await commandLine();
  const { status, stdout } = await cli.run(['run', join(folder, 'volume.conf')]);
  for (const line of stdout.split('\n').filter((it) => it.startsWith('{"scenario"'))) {
    const { scenario, result } = JSON.parse(line);
    results.set(scenario, result);
  }
  expect({ status, scenarios: results.size }, stdout).toEqual({ status: 0, scenarios: 14 });
}, 480_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function jobText(): Promise<string> {
  const signal = AbortSignal.timeout(60_000);
  const { kernel } = await findHost({ cache: cacheFolder(), signal });
  const modules = MODULES.map((name) => ({ name: name.replace(/.*\//, ''), path: `${name}.ko` }));
  const copies = modules.map(
    ({ name, path }) =>
      `image copy ${join(kernel.modulesFolder, 'kernel', path)} /modules/${name}.ko`,
  );
  const node = resolve(import.meta.dirname, '../../../node_modules/node/bin/node');
  const insert = ({ name }: { readonly name: string }) =>
    `        /run/domstart/busybox insmod /modules/${name}.ko`;
  return `start on startup
task
timeout 400
image from debootstrap bookworm
image install lvm2
${copies.join('\n')}
image copy ${node} /usr/local/bin/node
input in-guest.mjs lvmlocal.conf
domain memory 512
guest init direct
guest volume
    script
${modules.map(insert).join('\n')}
        cp /input/lvmlocal.conf /etc/lvm/
        truncate -s 300M /dev/shm/disk
        losetup /dev/loop0 /dev/shm/disk
        vgcreate vg0 /dev/loop0
        lvcreate -y -L 16M -n guest vg0
        export LVM_SUPPRESS_FD_WARNINGS=1
        exec node /input/in-guest.mjs
    end script
end guest
`;
}

const io = (message: RegExp, hint: RegExp) => ({
  code: 'host-io',
  message: expect.stringMatching(message),
  hint: expect.stringMatching(hint),
});
const IN_USE = io(/^the volume vg0\/guest is in use/, /mounted, or the disk of a running guest/);
const CHANGED = io(
  /^something has written to the volume vg0\/guest since/,
  /`lvchange --addtag domstart-overwrite vg0\/guest`/,
);

describe('an image in a volume', () => {
  test('is written once, as large as the volume, and again when the job makes another', () => {
    const { first, third, ...rest } = results.get('build') as Record<string, { key: string }>;
    expect(first).toMatchObject({ cached: false, size: 16 * MIB, disk: '/dev/vg0/guest' });
    expect(rest).toEqual({
      at: {
        tags: [expect.stringMatching(`^domstart-${first?.key}\\.[0-9a-f]{20}$`)],
        whole: true,
        content: 'one',
      },
      second: { ...first, cached: true },
      whole: true,
      content: 'two',
    });
    expect(third).toMatchObject({ cached: false, size: 16 * MIB });
    expect(third?.key).not.toBe(first?.key);
  });

  test('is what the overlay of a run is made over', () => {
    expect(results.get('overlay')).toBe(16 * MIB);
  });

  test('is not written over while it is used, nor when somebody has written to it', () => {
    expect(results.get('used')).toEqual({
      ...{ run: IN_USE, same: true, released: false, mount: IN_USE },
      // Whether the job wants another image or the very one that was there.
      ...{ written: CHANGED, wanted: CHANGED },
      ...{ cached: false, tags: 1 },
    });
  });

  test('takes no place of anything else', () => {
    const refused = (what: string) => ({
      error: io(
        new RegExp(`^the volume vg0/other is not empty: it holds ${what}$`),
        /`lvchange --addtag domstart-overwrite vg0\/other`/,
      ),
      same: true,
    });
    expect(results.get('foreign')).toEqual([
      refused('ext4, labelled data'),
      refused('btrfs'),
      refused('something that nobody here knows'),
    ]);
  });

  test('that was half written is written anew, and nothing is left of what was there before', () => {
    expect(results.get('killed')).toEqual({
      meanwhile: {
        tags: [expect.stringMatching(/^domstart-writing\.[0-9a-f]{20}\.[0-9a-f]{20}$/)],
        whole: false,
      },
      ...{ cached: false, whole: true, content: 'three', garbage: false },
    });
  });

  test('takes of a thin pool what it needs', () => {
    expect(results.get('thin')).toEqual({
      ...{ size: 32 * MIB, whole: true, content: 'three', left: [] },
      copy: { size: 32 * MIB, checked: true },
      used: expect.toSatisfy((percent: number) => percent > 0 && percent < 50),
      pool: expect.objectContaining({ code: 'not-supported' }),
    });
  });

  test('says what is missing', () => {
    const missing = (message: RegExp, hint: RegExp) => ({
      ...io(message, hint),
      code: 'file-missing',
    });
    expect(results.get('absent')).toEqual([
      missing(/^there is no volume vg0\/none$/, /`lvcreate --size SIZE --name none vg0`/),
      missing(/^there is no volume group vg9 on this host$/, /vgcreate vg9/),
    ]);
    expect(results.get('small')).toEqual({
      code: 'job-invalid',
      message: expect.stringMatching(
        /does not fit in the volume vg0\/small of 4 MiB: it needs \d+ MiB/,
      ),
      hint: expect.stringMatching(/`lvextend --size \d+M vg0\/small`/),
    });
    expect(results.get('rights')).toEqual(io(/^no right to use LVM/, /root/));
    expect(results.get('inactive')).toEqual(
      io(/^the volume vg0\/guest is not active$/, /`lvchange --activate y vg0\/guest`/),
    );
    expect(results.get('tools')).toEqual({
      code: 'host-incapable',
      message: 'this host has no lvs, which LVM volumes need',
      hint: '`apt-get install lvm2`',
    });
  });
});

describe('a copy of a volume that something writes to', () => {
  test('is a file system as it was at one moment, and leaves no snapshot', () => {
    expect(results.get('export')).toEqual({
      copy: { size: 16 * MIB, checked: true },
      ...{ whole: true, ordered: true, left: 0 },
      // The snapshot of a process that lives is its own.
      ...{ living: 1, killed: 1 },
    });
  });

  test('leaves nothing when it is given up, nor of one that was killed before', () => {
    expect(results.get('cancelled')).toEqual({
      error: expect.objectContaining({ code: 'cancelled' }),
      ...{ left: [], same: true },
    });
  });

  test('takes room in the group', () => {
    expect(results.get('room')).toEqual({
      full: io(/^more was written to vg0\/live while it was copied than vg0 has room/, /vgextend/),
      ...{ left: [], same: true },
      none: io(/^no room for a snapshot of vg0\/live: .* vg0 has 0 MiB free$/, /`vgextend vg0/),
    });
  });
});
