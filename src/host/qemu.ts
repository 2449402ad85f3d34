import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DomstartError } from '../model/errors.ts';
import type { QemuTool } from '../ports/host-tools.ts';
import { publish } from '../system/cache-entry.ts';
import { findExecutable } from '../system/find-executable.ts';
import { reportStatus, unpackPackage } from './apt.ts';
import { commandError, runCommand } from './command.ts';
import type { Fetch } from './fetch.ts';

const QEMU_COMMAND = 'qemu-system-x86_64';
const PACKAGE = 'qemu-system-x86';
export const INSTALL_QEMU = `apt-get install --no-install-recommends ${PACKAGE}`;

/** QEMU from PATH or from the cache. Throws `host-incapable` where it is there and does not run. */
export async function findQemu(cache: string, signal: AbortSignal): Promise<QemuTool | undefined> {
  const found = findExecutable(QEMU_COMMAND);
  if (found !== undefined) return describeQemu(installedQemu(found), signal);
  const unpacked = unpackedFolder(cache);
  return existsSync(unpacked) ? describeQemu(unpackedQemu(unpacked), signal) : undefined;
}

/** Installed by root, unpacked into the cache by anybody else. */
export function fetchQemu(fetch: Fetch): Promise<QemuTool> {
  return process.getuid?.() === 0 ? installQemu(fetch) : unpackQemu(fetch);
}

type Located = Omit<QemuTool, 'version'>;

function installedQemu(command: string): Located {
  return { command, args: [], env: {} };
}

/** A QEMU that was unpacked looks for libraries, modules and firmware where it was not installed. */
function unpackedQemu(root: string): Located {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib', 'lib'];
  const firmware = ['usr/share/qemu', 'usr/share/seabios', 'usr/lib/ipxe/qemu'];
  return {
    command: join(root, 'usr/bin', QEMU_COMMAND),
    args: firmware.flatMap((folder) => ['-L', join(root, folder)]),
    env: {
      LD_LIBRARY_PATH: libraries.map((folder) => join(root, folder)).join(':'),
      QEMU_MODULE_DIR: join(root, 'usr/lib/x86_64-linux-gnu/qemu'),
    },
  };
}

function unpackedFolder(cache: string): string {
  return join(cache, 'packages', PACKAGE);
}

async function describeQemu(located: Located, signal: AbortSignal): Promise<QemuTool> {
  const { command, env } = located;
  const result = await runCommand(command, ['--version'], { signal, env });
  const version = /version (\d[^\s(]*)/.exec(result.stdout)?.[1];
  if (version === undefined) {
    throw new DomstartError('host-incapable', `${command} does not run: ${result.complaint}`, {
      hint: `as root: ${INSTALL_QEMU}`,
    });
  }
  return { ...located, version };
}

async function installQemu({ signal, onProgress }: Fetch): Promise<QemuTool> {
  const hint = `as root: apt-get update && ${INSTALL_QEMU}`;
  async function apt(args: readonly string[], label: string) {
    onProgress(label);
    // Somebody else may be installing: their lock is waited for.
    const settings = ['-o', 'APT::Status-Fd=1', '-o', 'DPkg::Lock::Timeout=300'];
    return runCommand('apt-get', [...settings, ...args], {
      signal,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      onLine: reportStatus(label, onProgress),
    });
  }
  const install = ['install', '-y', '--no-install-recommends', PACKAGE];
  let result = await apt(install, `installing ${PACKAGE}`);
  if (!result.ok) {
    // The lists may be missing or name versions that are gone.
    const update = await apt(['update'], 'package lists');
    if (!update.ok) throw commandError('cannot read the package lists', update.complaint, hint);
    result = await apt(install, `installing ${PACKAGE}`);
  }
  const command = findExecutable(QEMU_COMMAND);
  if (!result.ok || command === undefined) {
    throw commandError(`cannot install ${PACKAGE}`, result.complaint, hint);
  }
  return describeQemu(installedQemu(command), signal);
}

/** Downloads QEMU and every library of it that this host lacks. */
async function unpackQemu(fetch: Fetch): Promise<QemuTool> {
  const { apt, cache, folder, signal, onProgress } = fetch;
  // The C library must be the one that belongs to the host's own dynamic linker.
  const packages = (await apt.missingFor(PACKAGE)).filter((it) => !/^libc(6|-bin)[:=]/.test(it));
  const debs = await apt.download(packages);
  const root = join(folder, 'qemu');
  onProgress(`${PACKAGE}: unpacking`);
  for (const deb of debs) await unpackPackage(deb, root, signal);
  await describeQemu(unpackedQemu(root), signal);
  const final = unpackedFolder(cache);
  await publish(root, final);
  return describeQemu(unpackedQemu(final), signal);
}
