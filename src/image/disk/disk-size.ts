import { readFile, stat } from 'node:fs/promises';

/** Bytes of a file, or of a block device, of which stat(2) says 0. */
export async function diskSize(path: string): Promise<number> {
  const stats = await stat(path);
  if (!stats.isBlockDevice()) return stats.size;
  // As the kernel packs them (include/linux/kdev_t.h, new_encode_dev).
  const major = (stats.rdev >>> 8) & 0xfff;
  const minor = (stats.rdev & 0xff) | ((stats.rdev >>> 12) & 0xfff00);
  const sectors = await readFile(`/sys/dev/block/${major}:${minor}/size`, 'latin1');
  return Number(sectors) * 512;
}
