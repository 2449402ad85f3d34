import type { ImageMount } from '../../model/domain.ts';
import { SWAP_LABEL } from '../disk/swap.ts';

export interface Fstab {
  readonly root: {
    readonly uuid: string;
    /** Absent: it was there already, and what is said of it is right. */
    readonly filesystem?: 'ext3' | 'ext4';
  };
  readonly swap: boolean;
  readonly mounts: readonly ImageMount[];
}

/**
 * /etc/fstab (fstab(5)). Lines that are there stay, but for those of a folder that another is mounted
 * at now; the file system that was made has another name than the one that was copied into it.
 */
export function fstabText({
  existing = '',
  root: { uuid, filesystem },
  swap,
  mounts,
}: Fstab & { readonly existing?: string | undefined }): string {
  const lines = existing.split('\n').filter((line) => !/UNCONFIGURED FSTAB/.test(line));
  while (lines.at(-1) === '') lines.pop();
  const isEmpty = lines.every((line) => folderOf(line) === undefined);
  const asked = swap || mounts.length > 0;
  const hasRoot = lines.some((line) => folderOf(line) === '/');
  const own = `UUID=${uuid} / ${filesystem ?? 'auto'} errors=remount-ro 0 1`;
  const isMine = filesystem !== undefined && hasRoot;
  const isNew = !hasRoot && (isEmpty || asked);
  const added = new Map<string, string>();
  if (isMine || isNew) added.set('/', own);
  for (const mount of mounts) added.set(keyOf(mount, added.size), lineOf(mount));
  if (swap) added.set('swap image', `LABEL=${SWAP_LABEL} none swap sw 0 0`);
  const kept = lines.filter((line) => !added.has(folderOf(line) ?? ''));
  return [...kept, ...added.values()].map((line) => `${line}\n`).join('');
}

/** A folder is mounted at once only, unless it is none. */
function keyOf({ folder }: ImageMount, number: number): string {
  return folder.startsWith('/') ? folder : `${folder} ${number}`;
}

function lineOf({ device, folder, type, options, dump, pass }: ImageMount): string {
  return [device, folder, type, options ?? 'defaults', dump ?? 0, pass ?? 0].join(' ');
}

/** Undefined for comments and what is no line of it. */
function folderOf(line: string): string | undefined {
  const [device, folder] = line.trim().split(/\s+/);
  return device === undefined || device.startsWith('#') ? undefined : folder;
}
