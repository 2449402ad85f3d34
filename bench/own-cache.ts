import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../src/host/paths.ts';

/** A folder that is removed with all that is in it. */
export interface OwnFolder extends AsyncDisposable {
  readonly folder: string;
  /** A cache in it without bases, disks and images. */
  readonly cache: string;
}

/** QEMU, kernel and busybox are the ones of the user's cache: they are no part of what is measured. */
export async function makeOwnFolder(): Promise<OwnFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'domstart-bench-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const cache = join(folder, 'cache');
    await mkdir(cache);
    await copyFile(join(cacheFolder(), 'host-tools.json'), join(cache, 'host-tools.json'));
    return { folder, cache, [Symbol.asyncDispose]: remove };
  } catch (cause) {
    await remove();
    throw new Error('what a host needs is not known here: run `domstart setup` first', { cause });
  }
}
