import { readSuperblock } from './ext/superblock.ts';

/** What the first sectors of a disk image say. */
export type DiskContent =
  /** `unclean`: why it must not be written to, where that is so. */
  | { readonly kind: 'ext'; readonly unclean?: 'errors' | 'in use' }
  | { readonly kind: 'partitioned' }
  /** `isPacked`: no machine can use it as a disk as it is. */
  | { readonly kind: 'other'; readonly name?: string; readonly isPacked?: boolean };

/** As many bytes of the image are looked at. */
export const LOOKED_AT = 0x11000;

const OTHERS: readonly (readonly [offset: number, magic: string, name: string])[] = [
  [0, 'QFI\xfb', 'a qcow2 image'],
  [0, 'XFSB', 'an XFS file system'],
  [0, 'hsqs', 'a squashfs file system'],
  [0x36, 'FAT', 'a FAT file system'],
  [0x52, 'FAT32', 'a FAT file system'],
  [0x8001, 'CD001', 'an ISO 9660 file system'],
  [0x10040, '_BHRfS_M', 'a btrfs file system'],
];

const PACKED: typeof OTHERS = [
  [0, '\x1f\x8b', 'a file packed by gzip'],
  [0, '\xfd7zXZ', 'a file packed by xz'],
  [0, '\x28\xb5\x2f\xfd', 'a file packed by zstd'],
  [0, 'KDMV', 'a VMDK image'],
  [0, '070701', 'a cpio archive'],
  [257, 'ustar', 'a tar archive'],
];

/** `begin` is the first LOOKED_AT bytes, or as many as there are. */
export function contentOf(begin: Buffer): DiskContent {
  const superblock = readSuperblock(begin);
  if (superblock !== undefined) {
    const { unclean } = superblock;
    return { kind: 'ext', ...(unclean === undefined ? {} : { unclean }) };
  }
  const has = (offset: number, magic: string) =>
    begin.toString('latin1', offset, offset + magic.length) === magic;
  const packed = PACKED.find(([offset, magic]) => has(offset, magic));
  if (packed !== undefined) return { kind: 'other', name: packed[2], isPacked: true };
  const known = OTHERS.find(([offset, magic]) => has(offset, magic));
  if (known !== undefined) return { kind: 'other', name: known[2] };
  if (has(512, 'EFI PART') || has(0x1fe, '\x55\xaa')) return { kind: 'partitioned' };
  return { kind: 'other' };
}
