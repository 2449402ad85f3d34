import { DomstartError, type ErrorCode } from '../../model/errors.ts';

export interface XlFailure {
  /** What could not be done: `create domain load`. */
  readonly what: string;
  /** What xl wrote. */
  readonly text: string;
  /** It did not answer in time. */
  readonly hung: boolean;
  /** MiB that the domain was to have, and that Xen has. */
  readonly memory?: { readonly wanted: number; readonly free: number | undefined };
}

interface Fault {
  /** Of xl's own words (4.17). */
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly hint: string;
  /** In the place of xl's words; `$1` as in replace(). */
  readonly why: string;
}

/** The first that is found counts: behind it come lines that follow from it. */
const FAULTS: readonly Fault[] = [
  {
    pattern: /privileged command interface: Permission denied/,
    code: 'host-incapable',
    why: 'only root may talk to Xen',
    hint: 'run it as root, or let domstartd do so',
  },
  {
    pattern: /privileged command interface: No such file/,
    code: 'host-incapable',
    why: 'this is no Xen host: it is not Dom0',
    hint: 'boot Xen, or write `domain on qemu`',
  },
  {
    pattern: /Domain with name "(.*)" already exists/,
    code: 'boot-failed',
    why: 'there is a domain of the name $1 already',
    hint: 'see `xl list`; without `domain name` each run has a name of its own',
  },
  {
    pattern: /failed to open file '(.*)': ([^:\n]*)/,
    code: 'file-missing',
    why: 'it boots from $1: $2',
    hint: 'look at `domain kernel` and `domain ramdisk`',
  },
  {
    pattern: /no loader found: Invalid kernel/,
    code: 'boot-failed',
    why: 'its kernel is none that Xen can boot in this way',
    hint: 'look at `domain kernel`, and try `domain type pvh`',
  },
  {
    pattern: /Disk vdev=(\S+) failed to stat: (.*)/,
    code: 'file-missing',
    why: 'its disk $1: $2',
    hint: 'look at `domain disk`',
  },
  {
    pattern: /(\S*\/scripts\/\S+) (?:\S+ )?\[\d+\] exited with error status (\d+)/,
    code: 'host-incapable',
    why: "Xen's script $1 failed with status $2",
    hint: 'is there the bridge that `domain vif` names? see /var/log/xen',
  },
  {
    pattern: /PCI device (?:0:)?(\S+) is not assignable/,
    code: 'host-incapable',
    why: 'its PCI device $1 is not free to be passed through, or not there',
    hint: 'see `lspci`; take it from its driver by `modprobe xen-pciback` and `xl pci-assignable-add`',
  },
  {
    pattern: /passthrough not yet supported for x86 PVH guests/,
    code: 'host-incapable',
    why: 'Xen passes no PCI devices through to a PVH guest',
    hint: 'write `domain type pv`, and no `domain kernel optimised`',
  },
  {
    pattern: /unable to add (vif|disk|pci) devices/,
    code: 'host-incapable',
    why: 'Xen could not attach its $1',
    hint: 'are the modules xen-netback and xen-blkback loaded, and is there the bridge that `domain vif` names?',
  },
  {
    pattern: /passthrough not supported/,
    code: 'host-incapable',
    why: 'this host cannot pass PCI devices through',
    hint: 'switch the IOMMU on in the firmware, or take `domain pci` out',
  },
  {
    pattern: /Failed to enable logdirty/,
    code: 'host-incapable',
    why: 'Xen cannot follow what such a guest writes on this host',
    hint: 'write `domain type pvh`',
  },
  {
    pattern: /did not respond to suspend request/,
    code: 'host-incapable',
    why: 'its kernel cannot be suspended',
    hint: 'take another `domain kernel`: the optimised one cannot',
  },
  {
    pattern: /No space left on device/,
    code: 'host-io',
    why: 'no space left on the host',
    hint: 'free some space',
  },
];

const OUT_OF_MEMORY = /Out of memory|Cannot allocate memory|failed to free memory/;

/** What xl writes whatever happened, and what follows from what failed. */
const NOISE =
  /^Parsing config from|Non-existant domain|Unable to destroy guest|Destruction of domain failed/;

/** One clear error from what xl wrote. */
export function xlError(failure: XlFailure): DomstartError {
  const { what, text, hung } = failure;
  if (hung) {
    return new DomstartError('boot-failed', `cannot ${what}: xl did not answer in time`, {
      hint: 'do xenstored and xenconsoled run? `xl list` hangs, too, where they do not',
    });
  }
  const memory = memoryError(failure);
  if (memory !== undefined) return memory;
  for (const { pattern, code, why, hint } of FAULTS) {
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) continue;
    return new DomstartError(code, `cannot ${what}: ${found.replace(pattern, why)}`, { hint });
  }
  const said = text.split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line));
  const detail = said.join('\n    ') || 'it said nothing';
  return new DomstartError('boot-failed', `cannot ${what}: xl failed: ${detail}`, {
    hint: 'see /var/log/xen for more',
  });
}

function memoryError({ what, text, memory }: XlFailure): DomstartError | undefined {
  if (memory === undefined || !OUT_OF_MEMORY.test(text)) return undefined;
  const { wanted, free } = memory;
  const has = free === undefined ? 'has not so much' : `has ${free} MiB free`;
  return new DomstartError(
    'boot-failed',
    `cannot ${what}: it wants ${wanted} MiB, and Xen ${has}`,
    {
      hint: 'lower `domain memory`, end other domains, or give Dom0 less (`xl mem-set 0 …`)',
    },
  );
}

/** `destroy` and the like: there is none of that number any more. */
export function isUnknownDomain(text: string): boolean {
  return /Non-existant domain|is an invalid domain identifier|Domain '.*' does not exist/.test(
    text,
  );
}

/** MiB, from `xl info`. */
export function freeMemory(text: string): number | undefined {
  const [, free] = /^free_memory\s*:\s*(\d+)$/m.exec(text) ?? [];
  return free === undefined ? undefined : Number(free);
}
