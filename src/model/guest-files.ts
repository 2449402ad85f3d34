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

export interface GuestRequest {
  /** Absent: the domain has no guest job; its init powers off at once. */
  readonly guest?: GuestSpec;
  /** Of the domain's instance; what the job inside inherits. */
  readonly environment: Environment;
  readonly token: string;
  readonly interfaces: readonly ImageInterface[];
  /** Kernel modules that the init loads before the job, by name. */
  readonly modules: readonly string[];
}

/** The files that make a guest's init run the job inside. Throws a DomstartError. */
export type CompileGuest = (request: GuestRequest) => readonly ImageEntry[];
