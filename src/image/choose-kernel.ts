import { DomstartError } from '../model/errors.ts';
import type { BootFiles } from '../ports/host-tools.ts';
import type { ImageWish } from '../ports/images.ts';
import type { ImageBuilderOptions } from './builder-options.ts';
import { expandPattern } from './expand-pattern.ts';
import { findSource } from './find-source.ts';
import { refuseNoKernel } from './kernel-file.ts';
import { driversUnder } from './kernel-modules.ts';

export interface ChosenKernel {
  /** The distribution's, whose modules are at hand; what others need is built in. */
  readonly own: boolean;
  readonly fast: string;
  readonly conservative: string;
  readonly label: string;
}

export async function chooseKernel(
  { domain, environment, jobFile }: ImageWish,
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

/**
 * Those that a guest needs to find its disks and networks. They cost boot time and memory: a guest
 * without has none.
 */
export function chooseModules(
  { domain: { image, vifs } }: ImageWish,
  { tools: { kernel }, hypervisor = 'qemu' }: Pick<ImageBuilderOptions, 'tools' | 'hypervisor'>,
  { own, disks }: { readonly own: boolean; readonly disks: boolean },
): readonly string[] {
  const wanted = image.modules ?? 'auto';
  if (wanted !== 'auto' && wanted !== 'none' && wanted !== kernel.version) {
    throw new DomstartError(
      'not-supported',
      `cannot copy modules of kernel ${wanted}: the kernel here is ${kernel.version}`,
      { hint: 'write `image modules auto`' },
    );
  }
  if (!own || wanted === 'none') return [];
  const network = vifs.length > 0 || image.interfaces.some((one) => one.method !== 'loopback');
  return driversUnder(hypervisor, { disks, network });
}
