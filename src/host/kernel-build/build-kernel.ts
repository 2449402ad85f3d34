import { existsSync, statSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { DomstartError, messageOf, toDomstartError } from '../../model/errors.ts';
import type { BootFiles } from '../../ports/host-tools.ts';
import { publish, sweepTemporaries } from '../../system/cache-entry.ts';
import { unpackPackage } from '../apt.ts';
import { commandError, runCommand } from '../command.ts';
import { type Fetch, withFetch } from '../fetch.ts';
import { writeVmlinux } from '../kernel.ts';
import { compilerVersion, fetchBuildTools, refuseMissingTools } from './build-tools.ts';
import { unmetLines } from './fragment.ts';
import { readFragment } from './fragment-file.ts';
import { createMakeProgress } from './make-progress.ts';
import {
  describeRecord,
  digest,
  type KernelOrigin,
  kernelFolder,
  readKernel,
} from './optimised-kernel.ts';
import { runMake } from './run-make.ts';

export interface BuildKernelOptions {
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** How many compilers at once. Default: one for each processor. */
  readonly parallel?: number;
  /** Builds it also where it is there already, and replaces it. */
  readonly force?: boolean;
}

export interface KernelBuild extends BootFiles, KernelOrigin {
  readonly folder: string;
  /** It was built earlier. */
  readonly cached: boolean;
}

/** The newest kernel source that the apt sources have, by way of the package that depends on it. */
const METAPACKAGE = 'linux-source';
const SOURCE_PACKAGE = /^linux-source-\d/;

/**
 * Builds Debian's kernel with our fragment: its package is downloaded and unpacked into a temporary
 * folder of the cache, and only the kernel is kept. Nothing is installed. The same source, fragment
 * and compiler give the same bytes. Throws a DomstartError: `host-incapable` with what to do,
 * `host-io`, `cancelled`.
 */
export async function buildKernel(options: BuildKernelOptions): Promise<KernelBuild> {
  const { cache, signal } = options;
  try {
    signal.throwIfAborted();
    refuseMissingTools();
    await sweepTemporaries(cache);
    await mkdir(cache, { recursive: true });
    return await withFetch(options, (fetch) => findOrBuild(fetch, options));
  } catch (error) {
    if (signal.aborted) {
      throw new DomstartError('cancelled', `building a kernel was cancelled: ${messageOf(error)}`);
    }
    throw toDomstartError(error, 'host-io');
  }
}

async function findOrBuild(
  fetch: Fetch,
  { force = false, parallel = availableParallelism() }: BuildKernelOptions,
): Promise<KernelBuild> {
  const { cache, signal } = fetch;
  const fragment = await readFragment();
  const name = (await fetch.apt.depends(METAPACKAGE)).find((it) => SOURCE_PACKAGE.test(it));
  if (name === undefined) {
    throw new DomstartError('host-incapable', `no package source here has ${METAPACKAGE}`, {
      hint: 'the kernel is built from Debian’s source: add a Debian main archive to the apt sources',
    });
  }
  const origin = {
    source: await fetch.apt.candidate(name),
    fragment: digest(fragment),
    compiler: await compilerVersion(signal),
  };
  const final = kernelFolder(cache, origin);
  const known = await readKernel(final);
  if (known !== undefined && !force) return { ...known, cached: true };
  const tree = await unpackSource(fetch, origin.source);
  const environment = {
    ...OWN_ENVIRONMENT,
    TMPDIR: fetch.folder,
    ...(await fetchBuildTools(fetch)),
  };
  const make = { folder: tree, environment, signal };
  await configure(fragment, make);
  fetch.onProgress('compiling');
  await runMake([`-j${parallel}`, 'bzImage'], {
    ...make,
    onLine: createMakeProgress(EXPECTED_STEPS, (it) => fetch.onProgress(`compiling: ${it} %`)),
  });
  const made = await collect(fetch, tree, origin);
  // An old one, or one that is damaged, would keep its place.
  if (existsSync(final)) await rename(final, join(fetch.folder, 'replaced'));
  await publish(made, final);
  const kernel = await readKernel(final);
  if (kernel === undefined) throw new DomstartError('host-io', `the kernel in ${final} is damaged`);
  return { ...kernel, cached: false };
}

/** With the kernel 6.1; another one takes some more or less. */
const EXPECTED_STEPS = 1400;

/** What a user's environment says about other builds is left out; who and when is always the same. */
const OWN_ENVIRONMENT = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  KBUILD_BUILD_USER: 'domstart',
  KBUILD_BUILD_HOST: 'domstart',
  KBUILD_BUILD_TIMESTAMP: '@0',
  KBUILD_BUILD_VERSION: '1',
};

const HINT = 'remove it from the cache and try again; `domstart doctor` tells where the cache is';

async function unpackSource(fetch: Fetch, source: string): Promise<string> {
  const { apt, folder, signal, onProgress } = fetch;
  const [deb] = await apt.download([source]);
  if (deb === undefined) {
    throw new DomstartError('host-incapable', `apt-get gave no file for ${source}`);
  }
  const unpacked = join(folder, 'package');
  onProgress(`unpacking ${source}`);
  await unpackPackage(deb, unpacked, signal);
  await rm(deb, { force: true });
  const sources = join(unpacked, 'usr/src');
  const tarball = (await readdir(sources)).find((it) => /^linux-source-.*\.tar\.\w+$/.test(it));
  if (tarball === undefined) {
    throw new DomstartError('host-incapable', `the package ${source} holds no source`, {
      hint: HINT,
    });
  }
  const tree = join(folder, 'linux');
  await mkdir(tree);
  const args = ['-C', tree, '-xf', join(sources, tarball), '--strip-components=1'];
  const { ok, complaint } = await runCommand('tar', [...args, ...EXCLUDED], { signal });
  if (!ok) throw commandError(`cannot unpack ${tarball}`, complaint, HINT);
  await rm(unpacked, { recursive: true });
  return tree;
}

/** Half of the source is drivers and machines that no guest has; only their Kconfig is asked for. */
const EXCLUDED = ['sound', 'drivers/gpu', 'drivers/media', 'drivers/staging', 'drivers/infiniband']
  .concat(['drivers/net/wireless', 'drivers/net/ethernet', 'drivers/scsi', 'arch/[!x]*'])
  .map((folder) => `--exclude=linux-source-*/${folder}/*.[chS]`)
  .concat('--exclude=*.dts', '--exclude=*.dtsi', '--exclude=*.rst');

async function configure(
  fragment: string,
  make: { folder: string; environment: Record<string, string>; signal: AbortSignal },
): Promise<void> {
  const file = join(make.folder, 'domstart.config');
  await using handle = await open(file, 'w');
  await handle.writeFile(fragment);
  await runMake([`KCONFIG_ALLCONFIG=${file}`, 'allnoconfig'], make);
  const unmet = unmetLines(fragment, await readFile(join(make.folder, '.config'), 'utf8'));
  if (unmet.length === 0) return;
  throw new DomstartError(
    'host-incapable',
    `the kernel’s configuration does not take what kernel/optimised.config asks for:\n${unmet.join('\n')}`,
    { hint: 'this source is too new or too old for this version of Domstart; please report it' },
  );
}

/** Puts what is kept into a folder of its own, safe on the disk. */
async function collect({ folder }: Fetch, tree: string, origin: KernelOrigin): Promise<string> {
  const made = join(folder, 'made');
  await mkdir(made);
  const files = { bzImage: join(made, 'bzImage'), vmlinux: join(made, 'vmlinux') };
  await rename(join(tree, 'arch/x86/boot/bzImage'), files.bzImage);
  await writeVmlinux(files);
  const version = await readFile(join(tree, 'include/config/kernel.release'), 'utf8');
  const { name, text } = describeRecord(origin, {
    version: version.trim(),
    sizes: { bzImage: statSync(files.bzImage).size, vmlinux: statSync(files.vmlinux).size },
  });
  await using record = await open(join(made, name), 'w');
  await record.writeFile(text);
  await record.sync();
  await using image = await open(files.bzImage, 'r');
  await image.sync();
  return made;
}
