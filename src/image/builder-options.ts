import type { GuestSpec } from '../model/domain.ts';
import type { CompileGuest, ImageEntry } from '../model/guest-files.ts';
import type { BootFiles, GuestTools } from '../ports/host-tools.ts';
import type { FileTree } from '../tree/file-tree.ts';
import type { HypervisorKind } from './kernel-modules.ts';

export interface ImageBuilderOptions {
  readonly tools: GuestTools;
  /** The cache folder; bases, disks and images are kept in it. */
  readonly cache: string;
  /** Makes the init that runs the job inside (guest/). */
  readonly compileGuest: CompileGuest;
  /** The init that waits for what a run brings (guest/). */
  readonly waitingGuest?: (token: string) => readonly ImageEntry[];
  /** Makes a guest with an Upstart of its own run the job (guest/); without it they are refused. */
  readonly installGuest?: (
    tree: FileTree,
    guest: GuestSpec,
    options: { readonly signal: AbortSignal },
  ) => Promise<void>;
  /**
   * Whose guests they are: it decides on their drivers, and how a run gets a disk of its own (qcow2 is
   * read by QEMU alone). Default: QEMU's.
   */
  readonly hypervisor?: HypervisorKind;
  /** The kernel of `domain kernel optimised`, where one was built. */
  readonly findOptimisedKernel?: () => Promise<BootFiles | undefined>;
}
