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

export interface ImageSpec {
  readonly source: ImageSource;
  readonly copies: readonly ImageCopy[];
  readonly interfaces: readonly ImageInterface[];
  readonly hostname?: string;
  /** `auto` (what the domain's devices need), `none`, or a kernel version. Default auto. */
  readonly modules?: string;
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
  /** Bytes of console kept in memory and on disk. Default 1 MiB. */
  readonly limit?: number;
}

export type GuestInit = 'event.d' | 'init' | 'direct';

/** `guest NAME … end guest`: the one job that runs inside. */
export interface GuestSpec {
  readonly init: GuestInit;
  readonly job: JobDefinition;
}

/** What stands where an ordinary job has `exec` or `script`. */
export interface DomainSpec {
  readonly image: ImageSpec;
  readonly name?: string;
  /** MiB. Default 96: Debian's cloud kernel does not boot with 64. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly kernel?: string;
  readonly ramdisk?: string;
  readonly root?: string;
  /** Added to the kernel's command line. */
  readonly extra?: string;
  /** One entry a network interface, in xl's syntax (`mac=…,bridge=…`); may be empty. */
  readonly vifs: readonly string[];
  readonly on?: 'xen' | 'qemu';
  readonly console: ConsoleSpec;
  readonly guest?: GuestSpec;
  /** Seconds for the whole life of the domain. */
  readonly timeout?: number;
}
