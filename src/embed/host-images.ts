import { compileGuest } from '../guest/compile-guest.ts';
import { waitingGuest } from '../guest/waiting-init.ts';
import { findOptimisedKernel } from '../host/kernel-build/optimised-kernel.ts';
import type { ImageBuilderOptions } from '../image/builder-options.ts';
import { createImageBuilder } from '../image/image-builder.ts';
import type { GuestTools } from '../ports/host-tools.ts';
import type { ImageBuilder } from '../ports/images.ts';

export interface HostImagesOptions {
  readonly tools: GuestTools;
  readonly cache: string;
  readonly hypervisor?: ImageBuilderOptions['hypervisor'];
}

/** What makes images on this host. */
export function createHostImages(options: HostImagesOptions): ImageBuilder {
  return createImageBuilder(imageOptions(options));
}

export function imageOptions({
  tools,
  cache,
  hypervisor = 'qemu',
}: HostImagesOptions): ImageBuilderOptions {
  return {
    ...{ tools, cache, hypervisor, compileGuest, waitingGuest },
    async installGuest(tree, guest, { signal }) {
      const { installGuest } = await import('../guest/install.ts');
      await installGuest(tree, guest, { force: false, dryRun: false, signal });
    },
    findOptimisedKernel: () => findOptimisedKernel(cache),
  };
}
