import { constants } from 'node:fs';
import { appendFile, copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_MEMORY, type DomainSpec } from '../model/domain.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import type { ImageEntry } from '../model/guest-files.ts';
import type { GuestTools } from '../ports/host-tools.ts';
import { BASE_FOLDERS } from './busybox/base-entries.ts';
import { busyboxBase, missingFolders } from './busybox/busybox-base.ts';
import { writeCpio } from './cpio.ts';

export interface InitramfsRequest {
  readonly domain: DomainSpec;
  readonly cache: string;
  readonly tools: GuestTools;
  readonly modules: readonly string[];
  /** What this run adds to the base; an entry takes the place of the base's. */
  readonly entries: readonly ImageEntry[];
  /** Of this run. */
  readonly folder: string;
}

export interface Initramfs {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Where what this run adds begins, behind the base. */
  readonly own: { readonly base: string; readonly from: number; readonly bytes: number };
  /** The base was there. */
  readonly cached: boolean;
}

/** busybox out of the cache, and behind it a small archive with what this run adds. */
export async function writeInitramfs(request: InitramfsRequest): Promise<Initramfs> {
  const { cache, tools, modules, entries, folder } = request;
  const base = await naming(join(cache, 'images'), () => busyboxBase({ cache, tools, modules }));
  const path = join(folder, 'initrd.cpio');
  const from = await naming(path, async () => {
    await copyFile(base.path, path, constants.COPYFILE_FICLONE);
    const { size } = await stat(path);
    await appendFile(path, writeCpio([...missingFolders(entries, BASE_FOLDERS), ...entries]));
    return size;
  });
  const { size } = await stat(path);
  refuseTooLarge(size, request.domain);
  return { path, size, own: { base: base.path, from, bytes: size - from }, cached: base.cached };
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
