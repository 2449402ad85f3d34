import type { JobDefinition } from './job.ts';

/** Where the root file system of a guest comes from (`image from`). */
export type ImageSource =
  | { readonly kind: 'busybox' }
  | { readonly kind: 'debootstrap'; readonly suite: string; readonly mirror?: string }
  | { readonly kind: 'tar' | 'directory' | 'disk'; readonly path: string };

/** `image copy SRC DST [MODE]`; SRC and DST are patterns, expanded when the instance starts. */
export interface ImageCopy {
  readonly source: string;
  readonly target: string;
  /** Permission bits. Absent: those of the source file. */
  readonly mode?: number;
}

/** `image interface NAME dhcp` or `image interface NAME static ADDRESS/PREFIX [GATEWAY]`. */
export interface ImageInterface {
  readonly name: string;
  readonly method: 'dhcp' | 'static' | 'loopback';
  readonly address?: string;
  readonly gateway?: string;
}

/** `image hosts ADDRESS NAME…`: a line of /etc/hosts. */
export interface ImageHost {
  readonly address: string;
  readonly names: readonly string[];
}

/** `image fstab DEVICE FOLDER TYPE [OPTIONS [DUMP [PASS]]]`: a line of /etc/fstab. */
export interface ImageMount {
  readonly device: string;
  /** Absolute; `none` or `swap` where nothing is mounted. */
  readonly folder: string;
  readonly type: string;
  /** Default `defaults`. */
  readonly options?: string;
  /** Default 0. */
  readonly dump?: number;
  /** Default 0. */
  readonly pass?: number;
}

/**
 * `image password USER …`. A user without one is locked, root too, so that no password is ever
 * empty.
 */
export type ImagePassword = { readonly user: string } & (
  | { readonly kind: 'locked' }
  /** As crypt(5) has it: `$y$…`, `$6$…`. */
  | { readonly kind: 'hash'; readonly hash: string }
  /** The first line of a file of the host is the password; it is hashed when the image is built. */
  | { readonly kind: 'file'; readonly path: string }
);

/** `image user NAME [GROUP…]`: a user to make, and the groups it is in beside its own. */
export interface ImageUser {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface ImageSpec {
  readonly source: ImageSource;
  readonly copies: readonly ImageCopy[];
  readonly interfaces: readonly ImageInterface[];
  readonly hostname?: string;
  /** `auto` (what the domain's devices need), `none`, or a kernel version. Default auto. */
  readonly modules?: string;
  /** MiB of the root file system. */
  readonly size?: number;
  readonly filesystem?: 'ext3' | 'ext4';
  /** MiB of a swap image beside it. */
  readonly swap?: number;
  /** An LVM volume that is there already, in the place of a file: `VG/LV`. */
  readonly volume?: string;
  /** `NAME[:ARCHITECTURE][=VERSION]`, as apt takes them. */
  readonly packages?: readonly string[];
  /** Scripts that are run inside the image when it is built, in this order. */
  readonly scripts?: readonly string[];
  readonly hosts?: readonly ImageHost[];
  readonly mounts?: readonly ImageMount[];
  readonly passwords?: readonly ImagePassword[];
  readonly users?: readonly ImageUser[];
}

/** A regular expression as the user wrote it; checked by the parser. */
export type PatternText = string;

/** `console watch RE emit EVENT [K=V…]`; `$1` … in values are the groups of the match. */
interface ConsoleWatch {
  readonly pattern: PatternText;
  readonly event: string;
  readonly variables: readonly { readonly name: string; readonly value: string }[];
}

export interface ConsoleSpec {
  /** Any of them makes the domain ready. None: it is ready when its init runs. */
  readonly ready: readonly PatternText[];
  /** Any of them fails the run. */
  readonly fail: readonly PatternText[];
  readonly watch: readonly ConsoleWatch[];
  /** Bytes of console kept in memory, for messages. Default 1 MiB. */
  readonly limit?: number;
}

export type GuestInit = 'event.d' | 'init' | 'direct';

/** `guest NAME … end guest`: the one job that runs inside. */
export interface GuestSpec {
  readonly init: GuestInit;
  readonly job: JobDefinition;
}

/** How Xen virtualises a guest (xl.cfg's `type`). */
type DomainType = 'pv' | 'pvh' | 'hvm';

/** A value of xl.cfg: text, a whole number from 0, or a list of values. */
export type XenValue = string | number | readonly XenValue[];

/** `domain set KEY VALUE`: a line of xl.cfg that has no stanza of its own. */
interface XenSetting {
  readonly key: string;
  readonly value: XenValue;
}

/** MiB of a domain that does not say; Debian's cloud kernel does not boot with 64. */
export const DEFAULT_MEMORY = 96;

/** `domain forward [ADDRESS:]PORT GUEST_PORT`. */
export interface PortForward {
  /** `[ADDRESS:]PORT` of this host; a pattern. Without an address 127.0.0.1. */
  readonly host: string;
  readonly guestPort: number;
}

/** MiB. */
export const DEFAULT_OUTPUT_LIMIT = 64;

/**
 * What stands where an ordinary job has `exec` or `script`. Its texts (name, kernel, ramdisk, root,
 * extra, vifs, disks, pci, the texts in settings) are patterns; see expand-domain.ts.
 */
export interface DomainSpec {
  readonly image: ImageSpec;
  readonly name?: string;
  /** MiB; absent: DEFAULT_MEMORY. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly kernel?: string;
  readonly ramdisk?: string;
  readonly root?: string;
  /** Added to the kernel's command line. */
  readonly extra?: string;
  /** One entry a network interface, in xl's syntax (`mac=…,bridge=…`); may be empty. */
  readonly vifs: readonly string[];
  /** TCP ports of this host that lead into the guest. */
  readonly forwards?: readonly PortForward[];
  /** Disks beside the image's own, in xl's syntax (`TARGET,FORMAT,VDEV,ACCESS`). */
  readonly disks?: readonly string[];
  /** PCI devices passed through, in xl's syntax (`03:00.0,permissive=1`). */
  readonly pci?: readonly string[];
  readonly type?: DomainType;
  /** Also started by the event `startup`: when the host's daemon starts. */
  readonly autostart?: true;
  /** So many domains are created ahead, and wait, paused, for the runs that take them. */
  readonly pool?: number;
  readonly settings?: readonly XenSetting[];
  readonly on?: 'xen' | 'qemu';
  readonly console: ConsoleSpec;
  readonly guest?: GuestSpec;
  /** Seconds for the whole run, from pre-start on. */
  readonly timeout?: number;
  /** Seconds that it stays, where its run has failed, so that people can look into it. */
  readonly keepOnFailure?: number;
  /** Files of the host that are handed in; patterns. Relative names are looked up beside the job. */
  readonly inputs?: readonly string[];
  /** Absolute paths inside the guest that are handed back; patterns. */
  readonly outputs?: readonly string[];
  /** MiB that they may take together; absent: DEFAULT_OUTPUT_LIMIT. */
  readonly outputLimit?: number;
}
