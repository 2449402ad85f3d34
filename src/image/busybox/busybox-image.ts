import { DomstartError } from '../../model/errors.ts';
import type { BuiltImage, ImageRequest, ImageWish } from '../../ports/images.ts';
import type { ImageBuilderOptions } from '../builder-options.ts';
import { chooseKernel, chooseModules } from '../choose-kernel.ts';
import { readCopies } from '../copies.ts';
import { expandPattern } from '../expand-pattern.ts';
import { writeInitramfs } from '../initramfs.ts';
import { readInputs } from '../inputs.ts';
import { makeOutputDisk, outputPaths } from '../output-disk.ts';
import { refuseMisplaced } from '../placement.ts';
import { hostsOf, interfacesOf } from '../system/expand-network.ts';
import { systemFiles } from '../system/system-files.ts';
import { BASE_ENTRIES, BASE_FOLDERS } from './base-entries.ts';
import { busyboxBase } from './busybox-base.ts';

/** Makes the part that all runs of such a job share, or finds it. */
export async function prepareBusybox(
  wish: ImageWish,
  options: ImageBuilderOptions,
): Promise<{ readonly path: string; readonly cached: boolean }> {
  const { own } = await chooseKernel(wish, options);
  const disks = outputPaths(wish).length > 0;
  const modules = chooseModules(wish, options, { own, disks });
  return busyboxBase({ cache: options.cache, tools: options.tools, modules });
}

/** A guest that lives in its initramfs, and has no disk but for what it hands back. */
export async function buildBusybox(
  request: ImageRequest,
  options: ImageBuilderOptions,
): Promise<BuiltImage> {
  const { domain, environment, token, folder, onProgress } = request;
  if (domain.ramdisk !== undefined) {
    throw new DomstartError(
      'not-supported',
      '`domain ramdisk` and `image from busybox` exclude each other: the image is the ramdisk',
      { hint: 'take `domain ramdisk` out' },
    );
  }
  const kernel = await chooseKernel(request, options);
  const paths = outputPaths(request);
  const disks = paths.length > 0;
  const modules = chooseModules(request, options, { own: kernel.own, disks });
  const copies = await readCopies(request);
  const inputs = await readInputs(request);
  const guest = options.compileGuest({
    ...(domain.guest === undefined ? {} : { guest: domain.guest }),
    keepOnFailure: domain.keepOnFailure !== undefined,
    ...(disks ? { output: { disk: 0, paths } } : {}),
    ...{ environment, token, interfaces: domain.image.interfaces, modules },
    root: { kind: 'memory' },
  }).initramfs;
  const hostname = domain.image.hostname ?? domain.name ?? domain.guest?.job.name ?? 'domstart';
  const system = systemFiles({
    hostname: expandPattern(hostname, environment, `image hostname ${hostname}`),
    hosts: hostsOf(request),
    interfaces: interfacesOf(request),
  });
  refuseMisplaced({
    copies: [...copies, ...inputs],
    base: [...BASE_ENTRIES, ...system],
    baseFolders: BASE_FOLDERS,
    init: guest,
  });
  const added = [...copies, ...inputs].flatMap((copy) => copy.entries);
  const initramfs = await writeInitramfs({
    ...{ domain, folder, modules, cache: options.cache, tools: options.tools },
    entries: [...system, ...added, ...guest],
  });
  if (!initramfs.cached) onProgress('made the base image');
  const output = disks ? await makeOutputDisk(request) : undefined;
  const megabytes = (initramfs.size / 1e6).toFixed(1);
  return {
    kernel: kernel.fast,
    conservativeKernel: kernel.conservative,
    initrd: initramfs.path,
    own: initramfs.own,
    ...(output === undefined
      ? {}
      : { disks: [{ path: output.path, format: 'raw', readOnly: false }], output }),
    cached: initramfs.cached,
    description: `busybox, kernel ${kernel.label}, ${megabytes} MB`,
  };
}
