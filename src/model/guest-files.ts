import type { GuestSpec, ImageInterface } from './domain.ts';
import type { Environment } from './environment.ts';

/** One entry of a root file system. `path` is absolute, normal, and without a slash at its end. */
export type ImageEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly mode: number;
      readonly content: Uint8Array | string;
    }
  | { readonly kind: 'folder'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A character device. */
  | {
      readonly kind: 'device';
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

/** Disks are named by the order in which the guest finds them: 0 is the first. */
export type DiskNumber = number;

export type GuestRoot =
  /** The guest lives in the initramfs. */
  | { readonly kind: 'memory' }
  /** An ext3 or ext4 file system on the first disk. */
  | {
      readonly kind: 'disk';
      readonly swap?: DiskNumber;
      /** Its /etc/fstab names more than the system needs. */
      readonly mounts: boolean;
      /** The tar of `CompiledGuest.inside` and what else is new in this run. Absent: in the initramfs. */
      readonly files?: DiskNumber;
    };

export interface GuestRequest {
  /** Absent: the domain has no guest job; its init powers off at once. */
  readonly guest?: GuestSpec;
  /** Of the domain's instance; what the job inside inherits. */
  readonly environment: Environment;
  readonly token: string;
  readonly interfaces: readonly ImageInterface[];
  /** Kernel modules that the init loads before the job, by name. */
  readonly modules: readonly string[];
  readonly root: GuestRoot;
  /** A shell reads the console, and the guest stays until that ends where its job has failed. */
  readonly keepOnFailure?: boolean;
  /** Paths inside that are handed back as a tar on a disk. */
  readonly output?: { readonly disk: DiskNumber; readonly paths: readonly string[] };
}

export interface CompiledGuest {
  /** What the kernel unpacks at boot. */
  readonly initramfs: readonly ImageEntry[];
  /** What the init puts into the root file system of a disk before the job runs. */
  readonly inside: readonly ImageEntry[];
}

/** Where a guest with a disk finds the tar of what is new in this run, unless it is on a disk. */
export const FILES_TAR = '/etc/domstart/files.tar';

/** The files that make a guest's init run the job inside. Throws a DomstartError. */
export type CompileGuest = (request: GuestRequest) => CompiledGuest;
