import { join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { GuestDisk, ImageRequest } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { copyDisk } from './disk/copy-disk.ts';
import { makeOverlay } from './disk/overlay.ts';
import type { SharedImage } from './obtain-image.ts';

/** A disk of this run's own that begins as the image is. Throws a DomstartError. */
export async function makeRootDisk(
  { disk, format, description }: SharedImage,
  { folder, signal }: ImageRequest,
  { hypervisor = 'qemu' }: ImageBuilderOptions,
): Promise<GuestDisk> {
  if (hypervisor === 'qemu') {
    const path = join(folder, 'root.qcow2');
    await makeOverlay({ backing: disk, backingFormat: format, to: path });
    return { path, format: 'qcow2', readOnly: false };
  }
  if (format !== 'raw') {
    throw new DomstartError(
      'not-supported',
      `${description} is a qcow2 image: Xen cannot read it`,
      {
        hint: 'make a raw one of it: qemu-img convert -O raw',
      },
    );
  }
  const path = join(folder, 'root.img');
  await copyDisk({ from: disk, to: path, signal });
  return { path, format, readOnly: false };
}
