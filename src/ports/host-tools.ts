/** What this host has for making and running domains; `ensureHost` (host/) finds or fetches it. */
export interface HostTools {
  readonly qemu: QemuTool;
  readonly kernel: KernelFiles;
  /** A static busybox for the guest, of the host's own architecture. */
  readonly busybox: { readonly path: string; readonly version: string };
}

/** What a guest is made from, whatever runs it. */
export type GuestTools = Omit<HostTools, 'qemu'>;

export interface QemuTool {
  readonly command: string;
  /** Go before all other arguments: where a QEMU that is not installed finds its firmware. */
  readonly args: readonly string[];
  /** Added to the environment: where it finds its libraries. */
  readonly env: Readonly<Record<string, string>>;
  /** `7.2.22`. */
  readonly version: string;
}

export interface KernelFiles extends BootFiles {
  /** `…/lib/modules/VERSION`. */
  readonly modulesFolder: string;
}

/** A kernel in the two forms that are booted. */
export interface BootFiles {
  /** As `uname -r` says it: `6.1.0-56-cloud-amd64`. */
  readonly version: string;
  /** Compressed, as the distribution ships it. */
  readonly bzImage: string;
  /** The same kernel as an ELF file, which QEMU starts without firmware. */
  readonly vmlinux: string;
}
