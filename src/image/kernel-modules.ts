import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompressSync } from 'node:zlib';
import { DomstartError } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { KernelFiles } from '../ports/host-tools.ts';

export type HypervisorKind = 'qemu' | 'xen';

/** Drivers of what a guest is given, by who gives it: QEMU's and every cloud's are virtio. */
const NETWORK = { qemu: ['virtio_pci', 'virtio_net'], xen: ['xen_netfront'] } as const;
const DISKS = { qemu: ['virtio_pci', 'virtio_blk'], xen: ['xen_blkfront'] } as const;

/**
 * ext4 asks for the checksum by another name than its module has, which only an index of aliases
 * would lead to: so it goes first.
 */
const FILE_SYSTEM = ['crc32c_generic', 'ext4'] as const;

/** Those that a guest needs to find its disks and networks, in the order of loading. */
export function driversUnder(
  kind: HypervisorKind,
  { disks, network }: { readonly disks: boolean; readonly network: boolean },
): readonly string[] {
  const names = [
    ...(disks ? [...DISKS[kind], ...FILE_SYSTEM] : []),
    ...(network ? NETWORK[kind] : []),
  ];
  return [...new Set(names)];
}

/**
 * The modules of that name and all that they depend on, with the modules.dep that modprobe reads.
 * A kernel package does not hold that file (depmod writes it where a kernel is installed), so the
 * dependencies are read from the modules themselves.
 */
export async function moduleEntries(
  kernel: KernelFiles,
  names: readonly string[],
): Promise<ImageEntry[]> {
  const files = await moduleFiles(kernel.modulesFolder);
  const target = `/lib/modules/${kernel.version}`;
  const found = new Map<string, { path: string; content: Buffer; depends: string[] }>();
  const wanted = [...names];
  for (const name of wanted) {
    if (found.has(name)) continue;
    const file = files.get(name);
    // A kernel that has it built in lacks the file, and all is well.
    if (file === undefined) continue;
    const content = await readModule(file);
    const depends = dependsOf(content);
    wanted.push(...depends);
    const path = relative(kernel.modulesFolder, file).replace(/\.ko\..*$/, '.ko');
    found.set(name, { path, content, depends });
  }

  // modprobe wants all that a module stands on in its line, those needed last coming first.
  function closure(name: string): string[] {
    const below = (found.get(name)?.depends ?? []).filter((it) => found.has(it));
    return [...new Set([...below, ...below.flatMap(closure)].toReversed())].toReversed();
  }
  const lines = Array.from(found, ([name, { path }]) => {
    const below = closure(name).map((it) => found.get(it)?.path);
    return `${path}:${below.map((it) => ` ${it}`).join('')}\n`;
  });
  return [
    { kind: 'file', path: `${target}/modules.dep`, mode: 0o644, content: lines.sort().join('') },
    ...Array.from(found.values(), ({ path, content }): ImageEntry => {
      return { kind: 'file', path: `${target}/${path}`, mode: 0o644, content };
    }),
  ];
}

/** Paths by module name; file names have dashes where names have underscores. */
async function moduleFiles(folder: string): Promise<Map<string, string>> {
  const paths = await readdir(join(folder, 'kernel'), { recursive: true });
  const modules = paths.filter((path) => /\.ko(\.(xz|zst))?$/.test(path));
  return new Map(
    modules.map((path) => [
      basename(path)
        .replace(/\.ko.*$/, '')
        .replaceAll('-', '_'),
      join(folder, 'kernel', path),
    ]),
  );
}

async function readModule(file: string): Promise<Buffer> {
  if (file.endsWith('.zst')) return zstdDecompressSync(await readFile(file));
  if (!file.endsWith('.xz')) return readFile(file);
  try {
    const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
    return (await promisify(execFile)('xz', ['-dc', '--', file], options)).stdout;
  } catch (error) {
    throw new DomstartError('host-incapable', `cannot decompress the kernel module ${file}`, {
      hint: 'as root: apt-get install xz-utils',
      cause: error,
    });
  }
}

/** `depends=` of a module's .modinfo section: strings that end in a zero byte. */
function dependsOf(module: Buffer): string[] {
  const key = Buffer.from('\0depends=');
  const at = module.indexOf(key);
  if (at < 0) return [];
  const from = at + key.length;
  const text = module.toString('latin1', from, module.indexOf(0, from));
  return text === '' ? [] : text.split(',').map((name) => name.replaceAll('-', '_'));
}
