import { describe, expect, test } from 'vitest';
import { qemuArguments } from '../../src/domain/qemu/arguments.ts';
import { describeDiskFault } from '../../src/domain/qemu/disk-fault.ts';
import { endReason, type LastSigns } from '../../src/domain/qemu/end-reason.ts';
import { createKernelSigns } from '../../src/domain/qemu/kernel-signs.ts';
import type { DomainRequest } from '../../src/ports/hypervisor.ts';

const request: DomainRequest = {
  id: 'job-1',
  name: 'job',
  domain: {
    image: { source: { kind: 'busybox' }, copies: [], interfaces: [] },
    vifs: [],
    console: { ready: [], fail: [], watch: [] },
  },
  environment: new Map(),
  image: {
    kernel: '/c/vmlinux',
    conservativeKernel: '/c/vmlinuz',
    initrd: '/r/initrd',
    cached: true,
    description: '',
  },
  folder: '/r/job-1',
  machine: 'fast',
  onConsole: () => {},
  signal: new AbortController().signal,
};

/** What follows an option; every time where it comes more than once. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.filter((_, index) => args[index - 1] === option);
}

describe('arguments', () => {
  test('the fast machine', () => {
    const args = qemuArguments(request, 'tcg');
    expect(valuesOf(args, '-machine')).toEqual(['pc']);
    expect(valuesOf(args, '-accel')).toEqual(['tcg']);
    expect(valuesOf(args, '-m')).toEqual(['96M']);
    expect(valuesOf(args, '-smp')).toEqual(['1']);
    expect(valuesOf(args, '-kernel')).toEqual(['/c/vmlinux']);
    expect(valuesOf(args, '-initrd')).toEqual(['/r/initrd']);
    expect(valuesOf(args, '-append')[0]).toMatch(/ quiet .*panic=-1 console=ttyS0$/);
    expect(args).not.toContain('-cpu');
    expect(args).not.toContain('-netdev');
    expect(args).not.toContain('-monitor');
    expect(valuesOf(args, '-sandbox')[0]).toMatch(/^on,.*spawn=deny/);
  });

  test('the conservative machine has the kernel of the distribution, and it speaks', () => {
    const args = qemuArguments({ ...request, machine: 'conservative' }, 'kvm');
    expect(valuesOf(args, '-machine')).toEqual(['q35']);
    expect(valuesOf(args, '-kernel')).toEqual(['/c/vmlinuz']);
    expect(valuesOf(args, '-append')).toEqual(['panic=-1 console=ttyS0']);
    expect(valuesOf(args, '-cpu')).toEqual(['host']);
  });

  test('the domain stanzas', () => {
    const domain = {
      ...request.domain,
      memory: 128,
      vcpus: 2,
      extra: 'a=1 b',
      vifs: ['', 'mac=00:16:3e:00:00:01,bridge=br0'],
    };
    const args = qemuArguments({ ...request, name: 'a,b', domain }, 'tcg');
    expect(valuesOf(args, '-m')).toEqual(['128M']);
    expect(valuesOf(args, '-smp')).toEqual(['2']);
    expect(valuesOf(args, '-name')).toEqual(['guest=a,,b']);
    expect(valuesOf(args, '-append')[0]).toMatch(/ a=1 b$/);
    expect(valuesOf(args, '-netdev')).toEqual(['user,id=net0', 'user,id=net1']);
    expect(valuesOf(args, '-device')).toEqual([
      'virtio-net-pci,netdev=net0,romfile=',
      'virtio-net-pci,netdev=net1,romfile=,mac=00:16:3e:00:00:01',
    ]);
  });

  test('disks in their order; a comma in a name is one', () => {
    const disks = [
      { path: '/r/a,b.qcow2', format: 'qcow2', readOnly: false },
      { path: '/r/input.tar', format: 'raw', readOnly: true },
    ] as const;
    const args = qemuArguments({ ...request, image: { ...request.image, disks } }, 'tcg');
    expect(valuesOf(args, '-drive')).toEqual([
      'if=none,id=disk0,file=/r/a,,b.qcow2,format=qcow2,cache=unsafe',
      'if=none,id=disk1,file=/r/input.tar,format=raw,readonly=on',
    ]);
    expect(valuesOf(args, '-device')).toEqual([
      'virtio-blk-pci,drive=disk0',
      'virtio-blk-pci,drive=disk1',
    ]);
  });

  test('ports of the host lead to the first card, from this host only unless it is said', () => {
    const domain = {
      ...request.domain,
      vifs: ['', ''],
      forwards: [
        { host: '$PORT', guestPort: 80 },
        { host: '0.0.0.0:2222', guestPort: 22 },
      ],
    };
    const environment = new Map([['PORT', '8080']]);
    expect(valuesOf(qemuArguments({ ...request, domain, environment }, 'tcg'), '-netdev')).toEqual([
      'user,id=net0,hostfwd=tcp:127.0.0.1:8080-:80,hostfwd=tcp:0.0.0.0:2222-:22',
      'user,id=net1',
    ]);
  });

  test.each(['70000', '0', 'http', '1.2.3.400:80', '80,restrict=off'])('%s is no port', (port) => {
    const domain = { ...request.domain, vifs: [''], forwards: [{ host: port, guestPort: 80 }] };
    expect(() => qemuArguments({ ...request, domain }, 'tcg')).toThrow(`${port} is no port`);
  });

  test('guests with our init can be told over the serial line to end', () => {
    const job = { name: 'inside' } as never;
    const append = (init: 'direct' | 'event.d') =>
      valuesOf(
        qemuArguments({ ...request, domain: { ...request.domain, guest: { init, job } } }, 'tcg'),
        '-append',
      )[0];
    expect(append('direct')).toContain('sysrq_always_enabled');
    expect(append('event.d')).not.toContain('sysrq_always_enabled');
  });

  test('the folder of the run is named, for the sweep', () => {
    expect(qemuArguments(request, 'tcg').some((text) => text.startsWith('/r/job-1/'))).toBe(true);
  });

  test('patterns are expanded, and a variable that is missing is told', () => {
    const domain = { ...request.domain, extra: 'step=$STEP', type: 'hvm' as const };
    const environment = new Map([['STEP', '3']]);
    const args = qemuArguments({ ...request, domain, environment }, 'tcg');
    expect(valuesOf(args, '-append')[0]).toContain('step=3');
    expect(() => qemuArguments({ ...request, domain }, 'tcg')).toThrow(
      expect.objectContaining({
        code: 'variable-missing',
        message: expect.stringContaining('`domain extra`: Unknown parameter: STEP'),
      }),
    );
  });

  test.each([
    [{ on: 'xen' as const }, 'domain on xen'],
    [{ root: '/dev/xvda1' }, 'domain root'],
    [{ disks: ['a,raw,xvdb'] }, 'domain disk'],
    [{ pci: ['03:00.0'] }, 'domain pci'],
    [{ settings: [{ key: 'acpi', value: 1 }] }, 'domain set acpi'],
    [{ type: 'pvh' as const }, 'domain type pvh'],
  ])('refuses %o', (more, stanza) => {
    const domain = { ...request.domain, ...more };
    expect(() => qemuArguments({ ...request, domain }, 'tcg')).toThrow(
      expect.objectContaining({
        code: 'not-supported',
        message: expect.stringContaining(stanza),
      }),
    );
  });
});

describe('what the kernel says', () => {
  function read(text: string, size: number) {
    let halted = 0;
    const signs = createKernelSigns(() => {
      halted += 1;
    });
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size) signs.push(bytes.subarray(at, at + size));
    return { halted, panicked: signs.panicked };
  }

  test.each([
    ['[    1.234567] reboot: System halted\r\n', { halted: 1, panicked: false }],
    ['reboot: System halted\n', { halted: 1, panicked: false }],
    ['echo reboot: System halted\n', { halted: 0, panicked: false }],
    ['reboot: System halted, or so\n', { halted: 0, panicked: false }],
    ['a\r\n[   10.1] Kernel panic - not syncing: VFS\r\n', { halted: 0, panicked: true }],
    ['my Kernel panic - not syncing\r\n', { halted: 0, panicked: false }],
    [`${'x'.repeat(10_000)}\nreboot: System halted\n`, { halted: 1, panicked: false }],
  ])('%j', (text, expected) => {
    for (const size of [1, 7, 100_000]) expect(read(text, size)).toEqual(expected);
  });
});

describe('what is wrong with a disk', () => {
  const disks = [{ path: '/run/one', format: 'raw', readOnly: false }] as const;

  test.each([
    [
      {
        device: 'disk0',
        operation: 'write',
        action: 'stop',
        nospace: true,
        reason: 'No space left',
      },
      'the host has no space left for its disk /run/one',
    ],
    [
      { device: 'disk0', operation: 'read', action: 'report', nospace: false, reason: 'I/O error' },
      'the host cannot read its disk /run/one: I/O error',
    ],
    [{ device: '', operation: 'write', nospace: true }, 'the host has no space left for its disk '],
  ])('%j', (data, text) => {
    expect(describeDiskFault(data, disks)).toBe(text);
  });
});

describe('why it ended', () => {
  const process = { status: 0, signal: null, messages: '' };
  const nothing: LastSigns = {
    shutdown: undefined,
    diskFault: undefined,
    panicked: false,
    halted: false,
    destroyed: false,
    process,
  };

  test.each<[string, Partial<LastSigns>, object]>([
    ['power-off', { shutdown: 'guest-shutdown' }, { reason: 'poweroff' }],
    [
      'power-off just before destroy',
      { shutdown: 'guest-shutdown', destroyed: true },
      { reason: 'poweroff' },
    ],
    ['reset', { shutdown: 'guest-reset' }, { reason: 'reboot' }],
    ['reset by panic', { shutdown: 'guest-reset', panicked: true }, { reason: 'crash' }],
    ['a panic device', { shutdown: 'guest-panic' }, { reason: 'crash' }],
    ['quit over QMP', { shutdown: 'host-qmp-quit' }, { reason: 'destroyed' }],
    [
      'the host’s disk is full',
      { diskFault: 'the host has no space left', destroyed: true, shutdown: 'host-signal' },
      { reason: 'host-io', detail: 'the host has no space left' },
    ],
    ['halted', { halted: true }, { reason: 'poweroff' }],
    ['destroyed', { destroyed: true }, { reason: 'destroyed' }],
    [
      'SIGTERM by somebody else',
      { shutdown: 'host-signal', process: { ...process, messages: 'terminating on signal 15' } },
      { reason: 'failed', detail: 'QEMU exited with status 0: terminating on signal 15' },
    ],
    [
      'killed by somebody else',
      { process: { status: null, signal: 'SIGKILL', messages: '' } },
      { reason: 'failed', detail: 'QEMU was killed by SIGKILL' },
    ],
  ])('%s', (_, signs, end) => {
    expect(endReason({ ...nothing, ...signs })).toEqual(end);
  });

  test.each(['mac=zz', 'mac=', 'bridge=br0,mac=00:16:3e:00:00', 'mac=00:16:3e:00:00:01:02'])(
    '`domain vif %s` has no MAC address',
    (vif) => {
      expect(() =>
        qemuArguments({ ...request, domain: { ...request.domain, vifs: [vif] } }, 'tcg'),
      ).toThrow(
        expect.objectContaining({ code: 'job-invalid', message: expect.stringContaining(vif) }),
      );
    },
  );
});
