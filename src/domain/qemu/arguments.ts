import { DomstartError } from '../../model/errors.ts';
import type { DomainRequest } from '../../ports/hypervisor.ts';

export type AccelerationKind = 'kvm' | 'tcg';

/** File descriptors that QEMU inherits: no socket has a name, so none can be left behind. */
export const CONSOLE_FD = 3;
export const CONTROL_FD = 4;

/**
 * A machine type with its kernel and kernel options. `fast` is the quickest that boots reliably on
 * a busy host: the uncompressed kernel is entered directly (PVH), and what takes time and is of no
 * use in a throwaway guest is off. microvm is faster still, but its timers hang when other
 * processes load the processor. `conservative` is what every distribution boots, and it is not
 * quiet, so that there are last words to show.
 */
const MACHINES = {
  fast: {
    type: 'pc',
    kernel: 'kernel',
    options:
      'mitigations=off cryptomgr.notests audit=0 tsc=reliable no_timer_check random.trust_cpu=on quiet',
  },
  conservative: { type: 'q35', kernel: 'conservativeKernel', options: '' },
} as const;

/** Every guest's console is the first serial line; a panic ends the machine at once. */
const KERNEL_OPTIONS = 'panic=-1 console=ttyS0';

const DEFAULT_MEMORY = 96;

/** QEMU gets no new processes, no privileges, no priorities; networking needs none of them. */
const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

/** The arguments of QEMU for a domain. Throws a DomstartError for what this driver does not do. */
export function qemuArguments(request: DomainRequest, acceleration: AccelerationKind): string[] {
  const { domain, image } = request;
  refuseOthers(request);
  const machine = MACHINES[request.machine];
  const options = [machine.options, KERNEL_OPTIONS, domain.extra].filter(Boolean).join(' ');
  return [
    '-nodefaults',
    '-no-user-config',
    ...['-name', `guest=${escapeComma(request.name)}`],
    ...['-machine', machine.type],
    ...['-accel', acceleration],
    ...(acceleration === 'kvm' ? ['-cpu', 'host'] : []),
    ...['-m', `${domain.memory ?? DEFAULT_MEMORY}M`],
    ...['-smp', String(domain.vcpus ?? 1)],
    ...['-display', 'none'],
    '-no-reboot',
    ...['-sandbox', SANDBOX],
    // Names the folder in our arguments, by which a later start finds what a crash left running.
    ...['-pidfile', `${request.folder}/qemu.pid`],
    ...['-chardev', `socket,id=console,fd=${CONSOLE_FD}`, '-serial', 'chardev:console'],
    ...['-chardev', `socket,id=control,fd=${CONTROL_FD}`, '-mon', 'chardev=control,mode=control'],
    ...domain.vifs.flatMap(networkArguments),
    ...['-kernel', image[machine.kernel], '-initrd', image.initrd],
    ...['-append', options],
  ];
}

/** What the result calls it. */
export function describeMachine(request: DomainRequest, acceleration: AccelerationKind): string {
  return `qemu ${MACHINES[request.machine].type}, ${acceleration}`;
}

/** `domain vif` is QEMU's user network: addresses by DHCP, no root, nothing set up on the host. */
function networkArguments(vif: string, index: number): string[] {
  const mac = /(?:^|,)\s*mac=([0-9a-fA-F:]{17})(?:,|$)/.exec(vif)?.[1];
  return [
    '-netdev',
    `user,id=net${index}`,
    '-device',
    `virtio-net-pci,netdev=net${index},romfile=${mac === undefined ? '' : `,mac=${mac}`}`,
  ];
}

function refuseOthers({ domain, name }: DomainRequest): void {
  if (domain.on === 'xen') refuse(name, 'domain on xen');
  if (domain.root !== undefined) refuse(name, 'domain root');
}

function refuse(name: string, stanza: string): never {
  throw new DomstartError(
    'not-supported',
    `domain ${name} cannot run in QEMU: it asks for \`${stanza}\``,
    { hint: 'take the stanza out, or run the job on a Xen host' },
  );
}

/** In QEMU's option lists a comma is written twice. */
function escapeComma(text: string): string {
  return text.replaceAll(',', ',,');
}
