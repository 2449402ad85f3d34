import { describe, expect, test } from 'vitest';
import { describeDomain, xenConfig } from '../../../src/domain/xen/config.ts';
import { macOf, uuidOfRun } from '../../../src/domain/xen/identity.ts';
import { toXenConfig } from '../../../src/language/xen/to-config.ts';
import type { DomainSpec, GuestSpec } from '../../../src/model/domain.ts';
import type { DomainRequest } from '../../../src/ports/hypervisor.ts';
import { xenRequest } from './xen-request.ts';

const configOf = (domain: Partial<DomainSpec> = {}, more: Partial<DomainRequest> = {}) =>
  xenConfig(xenRequest(domain, more), toXenConfig);

/** The line of one key. */
const line = (text: string, key: string) =>
  text.split('\n').find((one) => one.startsWith(`${key} = `));

describe('the xl.cfg of a domain', () => {
  test('of a guest in memory: nothing is set up that it does not need', () => {
    expect(configOf().split('\n')).toEqual([
      'name = "job-inst-0badcafe"',
      'type = "pv"',
      'kernel = "/c/vmlinux"',
      'ramdisk = "/r/initrd"',
      expect.stringMatching(/^extra = ".* quiet .* panic=-1 console=hvc0"$/),
      'memory = 96',
      'vcpus = 1',
      `uuid = "${uuidOfRun('job-inst-0badcafe')}"`,
      'on_poweroff = "preserve"',
      'on_reboot = "preserve"',
      'on_crash = "preserve"',
      'on_watchdog = "preserve"',
      'on_soft_reset = "preserve"',
      '',
    ]);
  });

  test('the conservative machine has the kernel of the distribution, and it speaks', () => {
    const text = configOf({}, { machine: 'conservative' });
    expect(line(text, 'kernel')).toBe('kernel = "/c/vmlinuz"');
    expect(line(text, 'extra')).toBe('extra = "panic=-1 console=hvc0"');
  });

  test('the stanzas, with their variables', () => {
    const text = configOf(
      {
        ...{ name: 'vm-$N', memory: 128, vcpus: 2, type: 'pvh', extra: 'a=$N', root: '/dev/xvda' },
        pci: ['03:00.$N'],
        settings: [
          { key: 'cpus', value: [1, '$N'] },
          { key: 'on_crash', value: 'coredump-restart' },
          { key: 'uuid', value: 'theirs' },
        ],
      },
      { name: 'vm-1', environment: new Map([['N', '1']]) },
    );
    expect(line(text, 'name')).toBe('name = "vm-1"');
    expect(line(text, 'memory')).toBe('memory = 128');
    expect(line(text, 'type')).toBe('type = "pvh"');
    expect(line(text, 'root')).toBe('root = "/dev/xvda"');
    expect(line(text, 'extra')).toMatch(/ a=1"$/);
    expect(line(text, 'pci')).toBe('pci = ["03:00.1"]');
    expect(line(text, 'cpus')).toBe('cpus = [1, "1"]');
    expect(line(text, 'on_crash')).toBe('on_crash = "coredump-preserve"');
    expect(text).not.toContain('theirs');
  });

  test('a variable that is not there is told with its stanza', () => {
    expect(() => configOf({ extra: 'a=$NONE' })).toThrow(/`domain extra`/);
  });

  test("disks: the image's own first, whatever is in their names", () => {
    const { image } = xenRequest();
    const disks = [
      { path: '/r/a,b.img', format: 'raw', readOnly: false },
      { path: '/r/c', format: 'raw', readOnly: true },
    ] as const;
    const text = configOf({ disks: ['/d,raw,xvdz,w'] }, { image: { ...image, disks } });
    expect(text).toContain('"format=raw,vdev=xvda,access=w,target=/r/a,b.img"');
    expect(text).toContain('"format=raw,vdev=xvdb,access=r,target=/r/c"');
    expect(text).toContain('"/d,raw,xvdz,w"');
  });

  test("cards have an address of Xen's own prefix, unless they have one", () => {
    const vifs = ['', 'bridge=br0', 'bridge=br0,mac=00:16:3e:01:02:03'];
    const id = 'job-inst-0badcafe';
    const text = configOf({ vifs });
    expect(text).toContain(`"mac=${macOf(id, 0)}"`);
    expect(text).toContain(`"mac=${macOf(id, 1)},bridge=br0"`);
    expect(text).toContain('"bridge=br0,mac=00:16:3e:01:02:03"');
    expect(macOf(id, 0)).toMatch(/^00:16:3e(:[0-9a-f]{2}){3}$/);
    expect(macOf(id, 0)).not.toBe(macOf(id, 1));
    expect(macOf('job-inst-11111111', 0)).toBe(macOf(id, 0));
  });

  test('text in a name or an option stays a text', () => {
    const extra = 'a"\nkernel = "/etc/shadow';
    const text = configOf({ extra });
    expect(text.match(/^kernel = /gm)).toHaveLength(1);
    expect(text).toContain(' a\\"\\nkernel = \\"/etc/shadow"');
  });

  test.each(['', '12', 'Domain-0', '../x', 'a b', '-x', 'a\n', 'ü'])(
    'the name %j is refused',
    (name) => {
      expect(() => configOf({ name }, { name })).toThrow(/cannot name a Xen domain/);
    },
  );

  test.each<[string, Partial<DomainSpec>]>([
    ['domain on qemu', { on: 'qemu' }],
    ['domain type hvm', { type: 'hvm' }],
    ['domain forward', { forwards: [{ host: '80', guestPort: 80 }] }],
  ])('`%s` is refused', (stanza, domain) => {
    expect(() => configOf(domain)).toThrow(stanza);
  });

  test('our own small kernel is entered as PVH', () => {
    expect(line(configOf({ kernel: 'optimised' }), 'type')).toBe('type = "pvh"');
    expect(describeDomain(xenRequest({ kernel: 'optimised' }), 7)).toBe('xen pvh, domain 7');
  });

  test('SysRq is for guests with our init', () => {
    const guest = { init: 'direct' } as GuestSpec;
    expect(line(configOf({ guest }), 'extra')).toContain('sysrq_always_enabled');
    expect(line(configOf(), 'extra')).not.toContain('sysrq');
  });
});

test("a run's uuid is one, and its own", () => {
  expect(uuidOfRun('a')).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(uuidOfRun('a')).toBe(uuidOfRun('a'));
  expect(uuidOfRun('a')).not.toBe(uuidOfRun('b'));
});
