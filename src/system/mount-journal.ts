import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mountsBelow } from './mounts.ts';
import { isOwnerGone, ownerName } from './owner-name.ts';

/**
 * Which images this host has mounted, and where: a small file each, in the cache, named by its process.
 * It is written before anything is mounted and removed when nothing is any more, so that what a
 * process leaves that is gone can be undone by the next one, whatever the kernel has done by itself.
 */
const FOLDER = 'mounts';

export interface MountNote {
  /** The file that a loop device stands for. No link is on the way to it. */
  readonly disk: string;
  /** The folder it is mounted on; likewise. */
  readonly point: string;
}

/** Notes what is about to be mounted. To be disposed of when it is not mounted any more. */
export function noteMount(cache: string, note: MountNote): Disposable {
  const file = join(cache, FOLDER, ownerName());
  mkdirSync(join(cache, FOLDER), { recursive: true });
  writeFileSync(file, JSON.stringify(note));
  return { [Symbol.dispose]: () => remove(file) };
}

/**
 * Undoes what processes have left mounted that are gone: ends whoever still works in there, unmounts,
 * and gives loop devices back. Costs one readdir where there is nothing. What cannot be undone stays
 * noted.
 */
export async function undoLeftMounts(cache: string): Promise<void> {
  const folder = join(cache, FOLDER);
  for (const name of namesIn(folder)) {
    const file = join(folder, name);
    if (!isOwnerGone(file, name)) continue;
    const note = read(file);
    if (note === undefined || (await undo(note))) remove(file);
  }
}

async function undo({ disk, point }: MountNote): Promise<boolean> {
  endThoseWithin(point);
  for (const one of mountsBelow(point)) {
    // Whoever has a file open in it keeps it, and nobody else finds it any more.
    if (!(await succeeds('umount', one))) await succeeds('umount', '--lazy', one);
  }
  for (const device of loopsOf(disk)) await succeeds('losetup', '--detach', device);
  return mountsBelow(point).length === 0;
}

/**
 * An image is mounted in a mount namespace of its build, which only processes of that build are in.
 * They end with their build; but for this they do so even where somebody has killed what ends them.
 */
function endThoseWithin(point: string): void {
  const own = namespaceOf('self');
  for (const name of namesIn('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || namespaceOf(pid) === own) continue;
    if (mountsBelow(point, pid).length === 0) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It went by itself.
    }
  }
}

function namespaceOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

const LOOPS = '/sys/block';

/** The loop devices of a file, which may have been removed meanwhile. */
export function loopsOf(disk: string): string[] {
  return namesIn(LOOPS)
    .filter((name) => name.startsWith('loop'))
    .filter((name) => {
      const backing = readText(join(LOOPS, name, 'loop/backing_file'))?.trimEnd();
      return backing === disk || backing === `${disk} (deleted)`;
    })
    .map((name) => `/dev/${name}`);
}

function read(file: string): MountNote | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Killed while it was written: then nothing was mounted yet. Or somebody else has undone it.
    return undefined;
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The cache cannot be written to: then this is for whoever can.
  }
}

async function succeeds(file: string, ...args: readonly string[]): Promise<boolean> {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return promisify(execFile)(file, args, { env }).then(
    () => true,
    () => false,
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
