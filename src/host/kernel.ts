import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { BootFiles, KernelFiles } from '../ports/host-tools.ts';
import { publish } from '../system/cache-entry.ts';
import { unpackPackage } from './apt.ts';
import { type Fetch, packageFolder } from './fetch.ts';
import { findPayload, unpackPayload } from './kernel-payload.ts';

const METAPACKAGE = 'linux-image-cloud-amd64';
const KERNEL_PACKAGE = /^linux-image-\d.*-cloud-amd64$/;

/**
 * The newest kernel that an earlier run fetched, where it is whole. Throws where that cannot be
 * read. Changes nothing.
 */
export async function findKernel(cache: string): Promise<KernelFiles | undefined> {
  const names = await readdir(join(cache, 'packages')).catch(() => []);
  const newest = names
    .filter((name) => /^linux-image-\d.*-cloud-amd64_/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .at(-1);
  if (newest === undefined) return undefined;
  const folder = join(cache, 'packages', newest);
  return wholeKernel(folder);
}

/** Published whole, a kernel may have been damaged since by a crash of the host or by a hand. */
async function wholeKernel(folder: string): Promise<KernelFiles | undefined> {
  try {
    const kernel = await describeKernel(folder);
    const whole = existsSync(kernel.bzImage) && (await isWholeElf(kernel.vmlinux));
    return whole ? kernel : undefined;
  } catch (error) {
    if (error instanceof DomstartError || (error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw new DomstartError('host-io', `cannot read the kernel in ${folder}: ${messageOf(error)}`, {
      hint: 'make it readable for the user that runs Domstart, or set DOMSTART_CACHE',
      cause: error,
    });
  }
}

/** Whether the file goes on to the end of its section headers, which stand last. */
async function isWholeElf(path: string): Promise<boolean> {
  await using file = await open(path, 'r');
  const { buffer: header, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
  if (bytesRead < 64 || header.toString('latin1', 0, 4) !== '\x7fELF') return false;
  const sections = header.readUInt16LE(0x3a) * header.readUInt16LE(0x3c);
  return Number(header.readBigUInt64LE(0x28)) + sections <= (await file.stat()).size;
}

/**
 * Fetches Debian's cloud kernel: the package is unpacked and never installed, so the host's own
 * kernel and boot loader are left alone, and the kernel is unpacked to the ELF file inside.
 */
export async function fetchKernel(fetch: Fetch): Promise<KernelFiles> {
  const name = (await fetch.apt.depends(METAPACKAGE)).find((it) => KERNEL_PACKAGE.test(it));
  if (name === undefined) {
    throw new DomstartError('host-incapable', `no package source here has ${METAPACKAGE}`, {
      hint: 'Domstart boots Debian’s cloud kernel: add a Debian main archive to the apt sources',
    });
  }
  const [deb] = await fetch.apt.download([name]);
  if (deb === undefined)
    throw new DomstartError('host-incapable', `apt-get gave no file for ${name}`);
  const folder = join(fetch.folder, 'kernel');
  fetch.onProgress(`${name}: unpacking`);
  await unpackPackage(deb, folder, fetch.signal);
  const kernel = await describeKernel(folder);
  await writeVmlinux(kernel);
  const final = packageFolder(fetch.cache, deb);
  // A damaged one of the same name would keep its place.
  if (existsSync(final) && (await wholeKernel(final)) === undefined) {
    await rm(final, { recursive: true, force: true });
  }
  await publish(folder, final);
  return describeKernel(final);
}

/** What an unpacked kernel package holds. Newer releases keep modules below /usr. */
async function describeKernel(folder: string): Promise<KernelFiles> {
  const modules = ['lib/modules', 'usr/lib/modules']
    .map((path) => join(folder, path))
    .find((path) => existsSync(path));
  const version = modules === undefined ? undefined : (await readdir(modules))[0];
  if (modules === undefined || version === undefined) {
    throw new DomstartError('host-incapable', `the kernel package in ${folder} holds no modules`, {
      hint: `remove ${folder}; it will be fetched again`,
    });
  }
  return {
    version,
    bzImage: join(folder, 'boot', `vmlinuz-${version}`),
    vmlinux: join(folder, 'vmlinux'),
    modulesFolder: join(modules, version),
  };
}

/** Writes the ELF file that is inside the bzImage. Throws `host-incapable`. */
export async function writeVmlinux({
  bzImage,
  vmlinux,
}: Pick<BootFiles, 'bzImage' | 'vmlinux'>): Promise<void> {
  const found = findPayload(await readFile(bzImage));
  if (found.kind === 'none') throw unpackError(bzImage, found.reason);
  const elf = await unpackPayload(found.bytes, unxz).catch((error: unknown) => {
    throw unpackError(bzImage, messageOf(error));
  });
  await using file = await open(vmlinux, 'w');
  await file.writeFile(elf);
  // A rename may reach the disk before the data does.
  await file.sync();
}

function unpackError(bzImage: string, reason: string): DomstartError {
  return new DomstartError('host-incapable', `cannot unpack the kernel ${bzImage}: ${reason}`);
}

/** Node has no xz of its own. */
const XZ = 'xz';
const LARGEST_KERNEL = 512 * 1024 * 1024;

function unxz(payload: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: LARGEST_KERNEL } as const;
    const child = execFile(XZ, ['-dc'], options, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`xz cannot decompress it: ${error.message}`));
    });
    child.stdin?.on('error', reject);
    child.stdin?.end(payload);
  });
}
