import { lutimes, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { withTemporary } from '../../system/cache-entry.ts';
import { noteMount } from '../../system/mount-journal.ts';
import { directoryTree } from '../../tree/directory-tree.ts';
import type { FolderPlan } from '../base/fill-folder.ts';
import type { Edits } from '../edits.ts';
import { checkFilesystem, makeFilesystem } from './make-filesystem.ts';
import { isReleased, type MountedDisk, mountDisk } from './mount-disk.ts';
import { fullError } from './mount-faults.ts';

export interface MountMaking {
  /** Made. No link is on the way to it. */
  readonly disk: string;
  readonly filesystem: 'ext3' | 'ext4';
  /** MiB. */
  readonly size: number;
  readonly uuidSeed: string;
  readonly plan: FolderPlan;
  readonly edits: Edits;
  readonly cache: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface MadeByMount {
  readonly uuid: string;
  /** Seconds since 1970: of what is in it. */
  readonly time: number;
}

/**
 * Makes an image as one does by hand: a sparse file, mkfs, `mount -o loop`, everything into it, umount,
 * fsck. The mount is noted before it is there, and the note goes when mount and loop device are gone.
 */
export async function makeByMount(making: MountMaking): Promise<MadeByMount> {
  const { disk, filesystem, size, cache, signal, onProgress } = making;
  onProgress(`makes ${size} MiB of ${filesystem}`);
  const uuid = await makeFilesystem(making);
  const time = await withTemporary(cache, async (work) => {
    const point = join(await realpath(work), 'root');
    await mkdir(point);
    const note = noteMount(cache, { disk, point });
    try {
      onProgress('mounts it');
      await using mounted = await mountDisk({ disk, point, filesystem, signal });
      const filled = await fill(mounted, uuid, making);
      onProgress('unmounts it');
      await mounted.unmount(signal);
      return filled;
    } finally {
      if (await isReleased(disk)) note[Symbol.dispose]();
    }
  });
  onProgress('checks it');
  await checkFilesystem(disk, signal);
  return { uuid, time };
}

/** Returns the time of what is in it. */
async function fill(mounted: MountedDisk, uuid: string, making: MountMaking): Promise<number> {
  const { plan, edits, disk, size, cache, signal, onProgress } = making;
  const { root } = mounted;
  try {
    const { epoch: time } = await plan.fill(mounted);
    onProgress('sets it up');
    await edits.apply(directoryTree(root, { time, name: disk }), { uuid });
    await lutimes(`${root}/lost+found`, time, time);
    return time;
  } catch (error) {
    throw signal.aborted ? error : await fullError(error, { root, cache, size });
  }
}
