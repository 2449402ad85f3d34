import type { GuestDisk } from '../../ports/images.ts';

/**
 * What QMP's BLOCK_IO_ERROR says of a disk, for people: the host could not do for the guest what it
 * asked of one. Disks are called as in the arguments, `disk` and their place.
 */
export function describeDiskFault(
  data: Readonly<Record<string, unknown>>,
  disks: readonly GuestDisk[] = [],
): string {
  const { device, operation, nospace, reason } = data;
  const disk = disks[Number(/^disk(\d+)$/.exec(String(device))?.[1])];
  const what = disk === undefined ? `its disk ${String(device)}` : `its disk ${disk.path}`;
  if (nospace === true) return `the host has no space left for ${what}`;
  return `the host cannot ${String(operation)} ${what}: ${String(reason)}`;
}
