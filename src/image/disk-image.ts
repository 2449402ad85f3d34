import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FILES_TAR, type GuestRoot, type ImageEntry } from '../model/guest-files.ts';
import type { BuiltImage, GuestDisk, ImageRequest } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { chooseKernel, chooseModules } from './choose-kernel.ts';
import { type Copied, findCopies } from './copies.ts';
import { makeSwap } from './disk/swap.ts';
import { type HostEntry, readHostFile } from './host-files.ts';
import { writeInitramfs } from './initramfs.ts';
import { findInputs } from './inputs.ts';
import { hostnameOf, isConstant } from './job-image.ts';
import { obtainImage } from './obtain-image.ts';
import { makeOutputDisk, outputPaths } from './output-disk.ts';
import { refuseMisplaced } from './placement.ts';
import { makeRootDisk } from './root-disk.ts';
import { writeRunFiles } from './run-files.ts';
import { hostsOf, interfacesOf } from './system/expand-network.ts';
import { systemFiles } from './system/system-files.ts';

/** What is larger goes on a disk of its own: the guest's memory holds its initramfs twice. */
const SMALL = 4 * 1024 * 1024;

/**
 * A guest whose root file system is on a disk: an overlay of this run over an image of the cache, so
 * that whatever is written is gone with the run. What is new in this run goes in through the
 * initramfs, or is a tar on a disk of its own.
 */
export async function buildDisk(
  request: ImageRequest,
  options: ImageBuilderOptions,
): Promise<BuiltImage> {
  const { domain, environment, token, folder } = request;
  const kernel = await chooseKernel(request, options);
  const modules = chooseModules(request, options, { own: kernel.own, disks: true });
  const paths = outputPaths(request);
  const changing = domain.image.copies.filter((copy) => !isConstant(copy));
  const added = [...(await findCopies(changing, request)), ...(await findInputs(request))];
  const image = await obtainImage(request, options);
  try {
    const disks: GuestDisk[] = [];
    const add = (disk: GuestDisk) => disks.push(disk) - 1;

    add(await makeRootDisk(image, request, options));

    const { swap: swapSize } = domain.image;
    const swapFile = join(folder, 'swap.img');
    if (swapSize !== undefined) await makeSwap({ to: swapFile, size: swapSize, uuidSeed: token });
    const swap =
      swapSize === undefined
        ? {}
        : { swap: add({ path: swapFile, format: 'raw', readOnly: false }) };

    const tar = join(folder, 'files.tar');
    const large = bytesOf(added) > SMALL;
    const files = large ? { files: add({ path: tar, format: 'raw', readOnly: true }) } : {};

    const output = paths.length === 0 ? undefined : await makeOutputDisk(request);
    const outputNumber = output && add({ path: output.path, format: 'raw', readOnly: false });

    const mounts = (domain.image.mounts ?? []).length > 0;
    const guestRoot: GuestRoot = { kind: 'disk', mounts, ...swap, ...files };
    const guest = options.compileGuest({
      ...(domain.guest === undefined ? {} : { guest: domain.guest }),
      keepOnFailure: domain.keepOnFailure !== undefined,
      ...(outputNumber === undefined ? {} : { output: { disk: outputNumber, paths } }),
      ...{ environment, token, interfaces: domain.image.interfaces, modules, root: guestRoot },
    });
    refuseMisplaced({ copies: added, base: [], baseFolders: new Set(), init: guest.inside });
    await writeRunFiles({ to: tar, inside: guest.inside, added, signal: request.signal });

    const initramfs = await writeInitramfs({
      ...{ domain, folder, modules, cache: options.cache, tools: options.tools },
      entries: [
        ...systemFiles({
          hostname: hostnameOf(request),
          hosts: hostsOf(request),
          interfaces: interfacesOf(request),
        }),
        ...guest.initramfs,
        ...(large ? [] : [await takenIn(tar, request)]),
      ],
    });
    return {
      kernel: kernel.fast,
      conservativeKernel: kernel.conservative,
      initrd: initramfs.path,
      disks,
      ...(output === undefined ? {} : { output }),
      cached: image.cached && initramfs.cached,
      release: image.release,
      description: `${image.description}, kernel ${kernel.label}`,
    };
  } catch (error) {
    image.release();
    throw error;
  }
}

function bytesOf(copies: readonly Copied<HostEntry>[]): number {
  const sizes = copies.flatMap(({ entries }) =>
    entries.map((entry) => (entry.kind === 'file' ? entry.size : 0)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function takenIn(tar: string, { signal }: ImageRequest): Promise<ImageEntry> {
  const content = await readHostFile({ source: tar, size: 0, signal, take: () => {} });
  await rm(tar);
  return { kind: 'file', path: FILES_TAR, mode: 0o600, content };
}
