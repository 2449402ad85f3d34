import { DomstartError } from '../../model/errors.ts';
import type { BuiltImage, ImageRequest } from '../../ports/images.ts';
import type { ImageBuilderOptions } from '../builder-options.ts';
import { chooseKernel, chooseModules } from '../choose-kernel.ts';
import { writeInitramfs } from '../initramfs.ts';
import { makeOutputDisk } from '../output-disk.ts';

/** The image of a domain that waits in a pool: busybox, and an init that waits for the run's files. */
export async function blankImage(
  request: ImageRequest,
  options: ImageBuilderOptions,
): Promise<BuiltImage> {
  const { domain, folder, token } = request;
  const { waitingGuest } = options;
  if (domain.image.source.kind !== 'busybox' || waitingGuest === undefined) {
    throw new DomstartError('not-supported', '`domain pool` is for guests `image from busybox`', {
      hint: 'take `domain pool` out',
    });
  }
  const kernel = await chooseKernel(request, options);
  const disks = (domain.outputs ?? []).length > 0;
  const modules = chooseModules(request, options, { own: kernel.own, disks });
  const initramfs = await writeInitramfs({
    ...{ domain, folder, modules, cache: options.cache, tools: options.tools },
    entries: waitingGuest(token),
  });
  // Which paths it is for is said by the run.
  const output = disks
    ? await makeOutputDisk({ ...request, domain: { ...domain, outputs: [] } })
    : undefined;
  return {
    kernel: kernel.fast,
    conservativeKernel: kernel.conservative,
    initrd: initramfs.path,
    own: initramfs.own,
    ...(output && { disks: [{ path: output.path, format: 'raw', readOnly: false }], output }),
    cached: initramfs.cached,
    description: `busybox, kernel ${kernel.label}`,
  };
}
