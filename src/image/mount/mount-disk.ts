import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomstartError } from '../../model/errors.ts';
import { loopsOf } from '../../system/mount-journal.ts';
import type { BaseFolder, Command } from '../base/base-target.ts';
import { lastLines } from '../base/faults.ts';
import { runGuarded } from '../base/guarded.ts';
import { cannotMount, TOOL_PATH } from './require-mounts.ts';

export interface MountRequest {
  readonly disk: string;
  /** An empty folder. */
  readonly point: string;
  readonly filesystem: 'ext3' | 'ext4';
  readonly signal: AbortSignal;
}

/** Disposing of it takes the mount away without a word; what is in it is not to be used then. */
export interface MountedDisk extends BaseFolder, AsyncDisposable {
  /** A path that leads there from this process alone. */
  readonly root: string;
  /** Writes everything to the disk and gives it back. Throws `host-io` where that did not succeed. */
  unmount(signal: AbortSignal): Promise<void>;
}

/** Where the host's disk is full the file system stops at once, instead of losing what is written. */
const OPTIONS = 'loop,noatime,errors=remount-ro,data_err=abort';

const PROGRAM = 'mount -t "$1" -o "$2" "$3" "$4" && echo "mounted $$" && exec sleep infinity';

/**
 * Mounts an image where nobody else sees it: in a mount namespace that no process is in, but those
 * that `enter` leads there. What keeps it is a file that this process has open; the kernel closes
 * that when the process is gone, however it went, and then takes the mount away and the loop
 * device, which is one that goes with its last user.
 */
export async function mountDisk(request: MountRequest): Promise<MountedDisk> {
  const { namespace, root } = await openMount(request);
  const { disk, point } = request;
  const enter = (command: Command): Command => [
    'nsenter',
    `--mount=/proc/${process.pid}/fd/${namespace.fd}`,
    '--',
    ...command,
  ];
  const close = async () => {
    await root.close();
    await namespace.close();
  };
  let isOpen = true;
  return {
    ...{ kind: 'folder', folder: point, enter },
    root: `/proc/self/fd/${root.fd}`,
    async unmount(signal) {
      // What was written and removed again is to take no room; not every file system of a host can that.
      await runGuarded(enter(['fstrim', point]), { signal, env: { PATH: TOOL_PATH } });
      await flush(enter(['sync', '--file-system', point]), signal);
      await root.close();
      await leave(enter(['umount', point]), signal);
      isOpen = false;
      await namespace.close();
      if (await isReleased(disk)) return;
      throw new DomstartError('host-io', `a loop device still has ${disk}`, {
        hint: '`losetup --associated` tells which; something has files of the image open',
      });
    },
    async [Symbol.asyncDispose]() {
      if (isOpen) await close();
    },
  };
}

interface OpenMount {
  readonly namespace: FileHandle;
  readonly root: FileHandle;
}

/** Whoever has mounted it stays until we have opened what keeps it. */
async function openMount({ disk, point, filesystem, signal }: MountRequest): Promise<OpenMount> {
  const mounted = Promise.withResolvers<number>();
  const ending = new AbortController();
  const command = ['unshare', '--mount', '--', 'sh', '-c', PROGRAM, 'mount'] as const;
  const mounter = runGuarded([...command, filesystem, OPTIONS, disk, point], {
    signal: AbortSignal.any([signal, ending.signal]),
    env: { PATH: TOOL_PATH },
    onLine: (line) => {
      const pid = /^mounted (\d+)$/.exec(line)?.[1];
      if (pid !== undefined) mounted.resolve(Number(pid));
    },
  });
  const failed = mounter.then(({ lines }) => {
    throw cannotMount(lines);
  });
  try {
    const pid = await Promise.race([mounted.promise, failed]);
    const namespace = await open(`/proc/${pid}/ns/mnt`);
    try {
      return { namespace, root: await open(`/proc/${pid}/root${point}`) };
    } catch (error) {
      await namespace.close();
      throw error;
    }
  } finally {
    ending.abort();
    await mounter.catch(() => {});
  }
}

/** An error of the host's disk comes to light here at the latest. */
async function flush(command: Command, signal: AbortSignal): Promise<void> {
  const result = await runGuarded(command, { signal });
  if (result.ok) return;
  const message = `cannot write the image to the disk of this host:\n${lastLines(result.lines)}`;
  throw new DomstartError('host-io', message, { hint: 'look at its free space, and at dmesg' });
}

const TRIES = 20;
const PAUSE_MS = 100;

/** Nobody is to have a file open in what is published: it is never unmounted lazily. */
async function leave(command: Command, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const result = await runGuarded(command, { signal, env: { PATH: TOOL_PATH } });
    if (result.ok) return;
    const isBusy = result.lines.some((line) => line.includes('busy'));
    if (isBusy && tries < TRIES) await sleep(PAUSE_MS, undefined, { signal });
    else {
      const message = `cannot unmount the image:\n${lastLines(result.lines)}`;
      throw new DomstartError('host-io', message, {
        hint: 'a process has a file of it open, or its working folder in it',
      });
    }
  }
}

/** Whether no loop device stands for the disk any more; waits a while for that. */
export async function isReleased(disk: string): Promise<boolean> {
  for (let tries = 1; loopsOf(disk).length > 0; tries += 1) {
    if (tries > TRIES) return false;
    await sleep(PAUSE_MS);
  }
  return true;
}
