import type { DomainSpec } from '../model/domain.ts';
import type { Environment } from '../model/environment.ts';

/** Makes what a domain boots from. Nothing is mounted and no root is needed on this road. */
export interface ImageBuilder {
  build(request: ImageRequest): Promise<BuiltImage>;
  /**
   * What a domain boots from that is created before its instance is known: an init that waits for the
   * `own` part of the run's image. Absent where none can be made. Throws a DomstartError.
   */
  blank?(request: ImageRequest): Promise<BuiltImage>;
}

/** What runs of a job share. */
export interface ImageWish {
  readonly domain: DomainSpec;
  /** Expands the patterns of `image copy` and reaches the job inside. */
  readonly environment: Environment;
  /** Of the job file; relative names are looked up beside it. */
  readonly jobFile?: string;
  /** Look for news of what the image is made from, and take them; else what is there will do. */
  readonly refresh?: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (detail: string) => void;
}

/** What one run boots from. */
export interface ImageRequest extends ImageWish {
  /** An empty folder of this run; whatever the builder leaves there is removed with it. */
  readonly folder: string;
  /** Marks what the guest's init says to us; see model/guest-protocol.ts. */
  readonly token: string;
}

/** A file of this host that is a disk of the guest. */
export interface GuestDisk {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
  readonly readOnly: boolean;
}

export interface OutputDisk {
  readonly path: string;
  /** Absolute, inside the guest: what was asked for. */
  readonly paths: readonly string[];
  /** What is taken at most. */
  readonly limits: { readonly bytes: number; readonly count: number };
}

export interface BuiltImage {
  readonly kernel: string;
  /** The compressed kernel as the distribution ships it, for the conservative machine. */
  readonly conservativeKernel: string;
  readonly initrd: string;
  /** The initrd is this file, and from there on what is this run's own. Absent: all is. */
  readonly own?: { readonly base: string; readonly from: number; readonly bytes: number };
  /** In the order in which the guest finds them. Absent: the initrd is all that it has. */
  readonly disks?: readonly GuestDisk[];
  /** One of `disks`: where the guest's init puts the tar of its outputs. */
  readonly output?: OutputDisk;
  /** True where every part came from the cache. */
  readonly cached: boolean;
  /** Called when the domain is gone: until then nobody removes what it was made of. */
  readonly release?: () => void;
  /** For people: `busybox, kernel 6.1.0-…, 2.1 MB`. */
  readonly description: string;
}
