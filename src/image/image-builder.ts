import { constants } from 'node:fs';
import { appendFile, copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_MEMORY, type DomainSpec } from '../model/domain.ts';
import { DomstartError, messageOf, toDomstartError } from '../model/errors.ts';
import type { CompileGuest } from '../model/guest-files.ts';
import type { BootFiles, HostTools } from '../ports/host-tools.ts';
import type { BuiltImage, ImageBuilder, ImageRequest } from '../ports/images.ts';
import { BASE_ENTRIES, BASE_FOLDERS } from './base-entries.ts';
import { busyboxBase, missingFolders } from './busybox-base.ts';
import { readCopies } from './copies.ts';
import { writeCpio } from './cpio.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { refuseNoKernel } from './kernel-file.ts';
import { NETWORK_MODULES } from './kernel-modules.ts';
import { refuseMisplaced } from './placement.ts';
import { systemFiles } from './system-files.ts';
import { refuseUnbuilt } from './unbuilt-stanzas.ts';

export interface ImageBuilderOptions {
  readonly tools: HostTools;
  /** The cache folder; base images are kept in it. */
  readonly cache: string;
  /** Makes the init that runs the job inside (guest/). */
  readonly compileGuest: CompileGuest;
  /** The kernel of `domain kernel optimised`, where one was built. */
  readonly findOptimisedKernel?: () => Promise<BootFiles | undefined>;
}

/**
 * Makes busybox images: a base out of the cache, and behind it a small archive with what this run
 * adds. Nothing is mounted and nothing needs root.
 */
export function createImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  return {
    async build(request) {
      try {
        request.signal.throwIfAborted();
        return await buildBusybox(request, options);
      } catch (error) {
        if (request.signal.aborted) {
          throw new DomstartError('cancelled', 'building the image was cancelled', {
            cause: error,
          });
        }
        throw toDomstartError(error, 'host-io');
      }
    },
  };
}

async function buildBusybox(
  request: ImageRequest,
  options: ImageBuilderOptions,
): Promise<BuiltImage> {
  const { tools, cache, compileGuest } = options;
  const { domain, environment, token, folder, onProgress } = request;
  refuseOtherSources(domain);
  refuseUnbuilt(domain);
  const kernel = await kernelOf(request, options);
  const modules = modulesOf(domain, tools, kernel.own);
  const copies = await readCopies(request);
  const guest = compileGuest({
    ...(domain.guest === undefined ? {} : { guest: domain.guest }),
    environment,
    token,
    interfaces: domain.image.interfaces,
    modules,
    root: { kind: 'memory' },
  }).initramfs;
  const hostname = domain.image.hostname ?? domain.name ?? domain.guest?.job.name ?? 'domstart';
  const system = systemFiles({
    hostname: expandPattern(hostname, environment, `image hostname ${hostname}`),
    interfaces: domain.image.interfaces,
  });
  refuseMisplaced({
    copies,
    base: [...BASE_ENTRIES, ...system],
    baseFolders: BASE_FOLDERS,
    init: guest,
  });
  const entries = [...system, ...copies.flatMap((copy) => copy.entries), ...guest];

  const base = await naming(join(cache, 'images'), () => busyboxBase({ cache, tools, modules }));
  if (!base.cached) onProgress('made the base image');
  const initrd = join(folder, 'initrd.cpio');
  await naming(initrd, async () => {
    await copyFile(base.path, initrd, constants.COPYFILE_FICLONE);
    await appendFile(initrd, writeCpio([...missingFolders(entries, BASE_FOLDERS), ...entries]));
  });
  const { size } = await stat(initrd);
  refuseTooLarge(size, domain);
  const megabytes = (size / 1e6).toFixed(1);
  return {
    kernel: kernel.fast,
    conservativeKernel: kernel.conservative,
    initrd,
    cached: base.cached,
    description: `busybox, kernel ${kernel.label}, ${megabytes} MB`,
  };
}

/** An error of writing does not say by itself to which file. */
async function naming<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof DomstartError) throw error;
    throw new DomstartError('host-io', `cannot write the image ${file}: ${messageOf(error)}`, {
      hint: 'free some space there, or set DOMSTART_CACHE and DOMSTART_RUN to folders on another disk',
      cause: error,
    });
  }
}

/** While the kernel unpacks an image it holds it twice: what is larger than half never boots. */
function refuseTooLarge(size: number, { memory = DEFAULT_MEMORY }: DomainSpec): void {
  const mib = size / 2 ** 20;
  if (2 * mib <= memory) return;
  throw new DomstartError(
    'not-supported',
    `an image of ${mib.toFixed(0)} MiB does not boot in ${memory} MiB of memory, which has to hold it twice`,
    { hint: `raise \`domain memory\` above ${Math.ceil(2 * mib) + 48}, or copy less` },
  );
}

function refuseOtherSources({ image, ramdisk, guest }: DomainSpec): void {
  if (image.source.kind !== 'busybox') {
    throw new DomstartError(
      'not-supported',
      `cannot build an image from ${image.source.kind}: this version builds busybox images only`,
      { hint: `write \`image from busybox\`${byHand(guest)}` },
    );
  }
  if (ramdisk !== undefined) {
    throw new DomstartError(
      'not-supported',
      '`domain ramdisk` and `image from busybox` exclude each other: the image is the ramdisk',
      { hint: 'take `domain ramdisk` out' },
    );
  }
}

/** What is not done when an image is built can be done to what it would be built of. */
function byHand(guest: DomainSpec['guest']): string {
  if (guest === undefined || guest.init === 'direct') return '';
  return '; `domstart guest install ROOT JOB.conf` writes the guest into a folder or an ext image by hand';
}

interface ChosenKernel {
  /** The distribution's, whose modules are at hand; what others need is built in. */
  readonly own: boolean;
  readonly fast: string;
  readonly conservative: string;
  readonly label: string;
}

async function kernelOf(
  { domain, environment, jobFile }: ImageRequest,
  { tools, findOptimisedKernel }: ImageBuilderOptions,
): Promise<ChosenKernel> {
  if (domain.kernel === undefined || domain.kernel === 'auto') {
    return { own: true, ...bootFilesOf(tools.kernel) };
  }
  if (domain.kernel === 'optimised') {
    const found = await findOptimisedKernel?.();
    if (found !== undefined) return { own: false, ...bootFilesOf(found) };
    throw new DomstartError('host-incapable', '`domain kernel optimised`: it is not built here', {
      hint: 'run `domstart kernel build`, once; it takes some minutes',
    });
  }
  const stanza = `domain kernel ${domain.kernel}`;
  const name = expandPattern(domain.kernel, environment, stanza);
  const path = await findSource({ name, stanza, jobFile, workingFolder: process.cwd() });
  await refuseNoKernel(path, stanza);
  return { own: false, fast: path, conservative: path, label: path };
}

function bootFilesOf({ vmlinux, bzImage, version }: BootFiles) {
  return { fast: vmlinux, conservative: bzImage, label: version };
}

/** Modules cost boot time and memory: a guest without a network has none. */
function modulesOf(
  { image, vifs }: DomainSpec,
  { kernel }: HostTools,
  own: boolean,
): readonly string[] {
  const wanted = image.modules ?? 'auto';
  if (wanted !== 'auto' && wanted !== 'none' && wanted !== kernel.version) {
    throw new DomstartError(
      'not-supported',
      `cannot copy modules of kernel ${wanted}: the kernel here is ${kernel.version}`,
      { hint: 'write `image modules auto`' },
    );
  }
  const network = vifs.length > 0 || image.interfaces.some((one) => one.method !== 'loopback');
  return own && network && wanted !== 'none' ? NETWORK_MODULES : [];
}
