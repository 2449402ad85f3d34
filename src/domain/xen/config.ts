import { DEFAULT_MEMORY, type DomainSpec, type XenValue } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import type { ReadyRequest } from '../../ports/hypervisor.ts';
import type { GuestDisk } from '../../ports/images.ts';
import { expandedDomain, SYSRQ_OPTION, takesSysrq } from '../given-domain.ts';
import { macOf, uuidOfRun, xenNameOf } from './identity.ts';

/** Prints the text of an xl.cfg (language/xen/to-config.ts). */
export type PrintXenConfig = (domain: DomainSpec) => string;

/** `fast` leaves out what takes time and is of no use in a throwaway guest; see qemu/arguments.ts. */
const MACHINES = {
  fast: {
    kernel: 'kernel',
    options: [
      'mitigations=off cryptomgr.notests audit=0 random.trust_cpu=on quiet',
      'initcall_blacklist=tracer_init_tracefs cgroup.memory=nokmem coherent_pool=64K',
    ].join(' '),
  },
  conservative: { kernel: 'conservativeKernel', options: '' },
} as const;

/** A panic is reported to Xen before the kernel would reset. */
const KERNEL_OPTIONS = 'panic=-1 console=hvc0';

/**
 * What boots faster where `domain type` does not say: PV. Our own small kernel can only be entered
 * as PVH.
 */
function typeOf({ type, kernel }: DomainSpec): string & DomainSpec['type'] {
  return type ?? (kernel === 'optimised' ? 'pvh' : 'pv');
}

/** The kernel sees the first disk as xvda (public/io/blkif.h: the guest takes the name as it is). */
const DISK_LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/**
 * A domain that ended stays until its console is read to the end; then we destroy it. These are
 * ours whatever the job sets: a throwaway domain is never restarted.
 */
const EVENTS = ['poweroff', 'reboot', 'crash', 'watchdog', 'soft_reset'] as const;

/** The xl.cfg of a domain. Throws a DomstartError for what this driver does not do. */
export function xenConfig(request: ReadyRequest, print: PrintXenConfig): string {
  refuseOthers(request);
  const domain = expandedDomain(request);
  const { image, machine, id } = request;
  const { memory = DEFAULT_MEMORY, vcpus = 1 } = domain;
  const disks = [...(image.disks ?? []).map(diskText), ...(domain.disks ?? [])];
  return print({
    ...domain,
    ...{ name: xenNameOf(request), type: typeOf(domain), memory, vcpus },
    kernel: image[MACHINES[machine].kernel],
    ramdisk: image.initrd,
    extra: kernelOptions(request, domain),
    vifs: domain.vifs.map((vif, index) => vifText(vif, macOf(id, index))),
    ...(disks.length > 0 && { disks }),
    settings: [
      ...(domain.settings ?? []).filter(({ key }) => !isOurs(key)),
      ...ourSettings(request),
    ],
  });
}

/** What the result calls it. */
export function describeDomain(request: Pick<ReadyRequest, 'domain'>, domid: number): string {
  return `xen ${typeOf(request.domain)}, domain ${domid}`;
}

function kernelOptions(request: ReadyRequest, { extra }: DomainSpec): string {
  const sysrq = takesSysrq(request) ? SYSRQ_OPTION : '';
  return [MACHINES[request.machine].options, KERNEL_OPTIONS, sysrq, extra]
    .filter(Boolean)
    .join(' ');
}

function ourSettings({ id, domain }: ReadyRequest): { key: string; value: XenValue }[] {
  const onCrash = domain.settings?.findLast(({ key }) => key === 'on_crash')?.value;
  const dumps = String(onCrash).startsWith('coredump');
  const actions = EVENTS.map((event) => ({
    key: `on_${event}`,
    value: event === 'crash' && dumps ? 'coredump-preserve' : 'preserve',
  }));
  return [{ key: 'uuid', value: uuidOfRun(id) }, ...actions];
}

function isOurs(key: string): boolean {
  return key === 'uuid' || EVENTS.some((event) => key === `on_${event}`);
}

/** What stands behind `target=` is taken as it is, commas too (xl-disk-configuration(5)). */
function diskText({ path, format, readOnly }: GuestDisk, index: number): string {
  const access = readOnly ? 'r' : 'w';
  return `format=${format},vdev=xvd${DISK_LETTERS[index]},access=${access},target=${path}`;
}

function vifText(vif: string, mac: string): string {
  if (/(?:^|,)\s*mac=/.test(vif)) return vif;
  return vif === '' ? `mac=${mac}` : `mac=${mac},${vif}`;
}

function refuseOthers({ domain, name }: ReadyRequest): void {
  if (domain.on === 'qemu') refuse(name, 'domain on qemu');
  if (domain.type === 'hvm') refuse(name, 'domain type hvm', 'write `domain type pvh`');
  if ((domain.forwards ?? []).length > 0) {
    refuse(
      name,
      'domain forward',
      'on a bridge the guest has an address of its own: connect to it',
    );
  }
}

function refuse(name: string, stanza: string, hint = 'take the stanza out'): never {
  throw new DomstartError(
    'not-supported',
    `domain ${name} cannot run on Xen: it asks for \`${stanza}\``,
    {
      hint,
    },
  );
}
