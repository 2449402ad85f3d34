import { DEFAULT_MEMORY } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import type { DomainRequest } from '../../ports/hypervisor.ts';
import type { GuestDisk } from '../../ports/images.ts';
import { expandedDomain, SYSRQ_OPTION, takesSysrq } from '../given-domain.ts';
import { networkArguments } from './network.ts';

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
    options: [
      'mitigations=off cryptomgr.notests audit=0 tsc=reliable no_timer_check',
      'random.trust_cpu=on quiet',
      // Memory that a guest of 96 MB has no use for: the ten thousand files of tracefs, the
      // accounting of kernel memory by cgroup, a pool for devices that do not exist here.
      'initcall_blacklist=tracer_init_tracefs cgroup.memory=nokmem coherent_pool=64K',
    ].join(' '),
  },
  conservative: { type: 'q35', kernel: 'conservativeKernel', options: '' },
} as const;

/** Every guest's console is the first serial line; a panic ends the machine at once. */
export const KERNEL_OPTIONS = 'panic=-1 console=ttyS0';

/** QEMU gets no new processes, no privileges, no priorities; networking needs none of them. */
const SANDBOX = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';

export interface Machine {
  readonly type: string;
  readonly acceleration: AccelerationKind;
  /** MiB. */
  readonly memory: number;
  readonly vcpus: number;
}

/** A bare machine with its serial line on CONSOLE_FD. */
export function machineArguments({ type, acceleration, memory, vcpus }: Machine): string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    ...['-machine', type],
    ...['-accel', acceleration],
    ...(acceleration === 'kvm' ? ['-cpu', 'host'] : []),
    ...['-m', `${memory}M`],
    ...['-smp', String(vcpus)],
    ...['-display', 'none'],
    '-no-reboot',
    ...['-sandbox', SANDBOX],
    ...['-chardev', `socket,id=console,fd=${CONSOLE_FD}`, '-serial', 'chardev:console'],
  ];
}

/** The arguments of QEMU for a domain. Throws a DomstartError for what this driver does not do. */
export function qemuArguments(request: DomainRequest, acceleration: AccelerationKind): string[] {
  const { image } = request;
  refuseOthers(request);
  const domain = expandedDomain(request);
  const { type, kernel, options } = MACHINES[request.machine];
  const { memory = DEFAULT_MEMORY, vcpus = 1 } = domain;
  return [
    ...machineArguments({ type, acceleration, memory, vcpus }),
    ...['-name', `guest=${escapeComma(request.name)}`],
    // Names the folder in our arguments, by which a later start finds what a crash left running.
    ...['-pidfile', `${request.folder}/qemu.pid`],
    ...['-chardev', `socket,id=control,fd=${CONTROL_FD}`, '-mon', 'chardev=control,mode=control'],
    ...(image.disks ?? []).flatMap(diskArguments),
    ...networkArguments(domain, request.name),
    ...['-kernel', image[kernel], '-initrd', image.initrd],
    ...['-append', kernelOptions({ ...request, domain }, options)],
  ];
}

function kernelOptions(request: DomainRequest, options: string): string {
  const sysrq = takesSysrq(request) ? SYSRQ_OPTION : '';
  return [options, KERNEL_OPTIONS, sysrq, request.domain.extra].filter(Boolean).join(' ');
}

/** What the result calls it. */
export function describeMachine(request: DomainRequest, acceleration: AccelerationKind): string {
  return `qemu ${MACHINES[request.machine].type}, ${acceleration}`;
}

/** What a run writes is gone with it: nothing needs to reach the disk of the host. */
function diskArguments({ path, format, readOnly }: GuestDisk, index: number): string[] {
  const access = readOnly ? 'readonly=on' : 'cache=unsafe';
  return [
    '-drive',
    `if=none,id=disk${index},file=${escapeComma(path)},format=${format},${access}`,
    '-device',
    `virtio-blk-pci,drive=disk${index}`,
  ];
}

function refuseOthers({ domain, name }: DomainRequest): void {
  if (domain.on === 'xen') refuse(name, 'domain on xen');
  if (domain.root !== undefined) refuse(name, 'domain root');
  if (domain.disks !== undefined) refuse(name, 'domain disk');
  if (domain.pci !== undefined) refuse(name, 'domain pci');
  const [setting] = domain.settings ?? [];
  if (setting !== undefined) refuse(name, `domain set ${setting.key}`);
  // Every machine of ours is a whole computer, however its kernel is entered.
  if (domain.type !== undefined && domain.type !== 'hvm')
    refuse(name, `domain type ${domain.type}`);
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
