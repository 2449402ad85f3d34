import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootFiles } from '../../ports/host-tools.ts';
import { readFragment } from './fragment-file.ts';

/**
 * Kernels that were built here: CACHE/kernels/KEY with bzImage, vmlinux and kernel.json. The key is
 * a digest of everything that the bytes depend on.
 */
const FORMAT = 1;
const RECORD = 'kernel.json';

/** What a kernel is made of. */
export interface KernelOrigin {
  /** `linux-source-6.1=6.1.170-3`. */
  readonly source: string;
  /** Digest of the fragment. */
  readonly fragment: string;
  /** The first line of `gcc --version`. */
  readonly compiler: string;
}

export interface KernelRecord extends KernelOrigin {
  readonly format: number;
  /** As `uname -r` says it. */
  readonly version: string;
  /** Bytes, by which a file that was cut short since is noticed. */
  readonly sizes: { readonly bzImage: number; readonly vmlinux: number };
}

export interface BuiltKernel extends BootFiles, KernelOrigin {
  readonly folder: string;
  /** Whether it is the one of `domain kernel optimised`. */
  readonly used: boolean;
  /** Whether it was built with the fragment of this version of Domstart. */
  readonly current: boolean;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

export function kernelFolder(cache: string, { source, fragment, compiler }: KernelOrigin): string {
  return join(cache, 'kernels', digest([FORMAT, source, fragment, compiler].join('\n')));
}

/** The record of a kernel, as the text that `readKernel` reads. */
export function describeRecord(
  origin: KernelOrigin,
  { version, sizes }: Pick<KernelRecord, 'version' | 'sizes'>,
): { readonly name: string; readonly text: string } {
  const record: KernelRecord = { format: FORMAT, version, ...origin, sizes };
  return { name: RECORD, text: `${JSON.stringify(record, undefined, 2)}\n` };
}

/** The kernel of `domain kernel optimised`, where one was built; costs a few small files. */
export async function findOptimisedKernel(cache: string): Promise<BuiltKernel | undefined> {
  return (await listOptimisedKernels(cache)).find(({ used }) => used);
}

/**
 * All that are whole, the one that is used first: of those with the fragment of this version, else
 * of all, the newest.
 */
export async function listOptimisedKernels(cache: string): Promise<BuiltKernel[]> {
  const names = await readdir(join(cache, 'kernels')).catch(() => []);
  if (names.length === 0) return [];
  const fragment = digest(await readFragment());
  const found = await Promise.all(names.map((name) => readKernel(join(cache, 'kernels', name))));
  return found
    .filter((it) => it !== undefined)
    .map((it) => ({ ...it, current: it.fragment === fragment }))
    .sort((a, b) => Number(b.current) - Number(a.current) || newestFirst(a, b))
    .map((it, index) => ({ ...it, used: index === 0 }));
}

type Found = BootFiles & KernelOrigin & { readonly folder: string };

function newestFirst(a: Found, b: Found): number {
  const numeric = { numeric: true };
  return (
    b.source.localeCompare(a.source, 'en', numeric) ||
    b.compiler.localeCompare(a.compiler, 'en', numeric) ||
    a.folder.localeCompare(b.folder)
  );
}

/** Undefined where it is not whole. */
export async function readKernel(folder: string): Promise<Found | undefined> {
  try {
    const record = JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as KernelRecord;
    const { format, sizes, version, source, fragment, compiler } = record;
    const [bzImage, vmlinux] = [join(folder, 'bzImage'), join(folder, 'vmlinux')];
    const whole =
      format === FORMAT &&
      statSync(bzImage).size === sizes.bzImage &&
      statSync(vmlinux).size === sizes.vmlinux;
    return whole ? { folder, version, bzImage, vmlinux, source, fragment, compiler } : undefined;
  } catch {
    // Not there, damaged, or of another version of Domstart: it may be built again.
    return undefined;
  }
}
