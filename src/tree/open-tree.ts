import { open, realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { DomstartError, messageOf } from '../model/errors.ts';
import { directoryTree } from './directory-tree.ts';
import { contentOf, LOOKED_AT } from './disk-content.ts';
import type { FileTree, TreeChanges } from './file-tree.ts';
import { imageTree } from './image-tree.ts';

/**
 * The root of a guest: a folder, or the image of an ext2, ext3 or ext4 file system. A link to either
 * is followed, as it is the caller's own. Throws `file-missing`, `not-supported` or `host-io`.
 */
export async function openTree(
  path: string,
  signal: AbortSignal,
  changes: TreeChanges = {},
): Promise<FileTree> {
  const root = await realpath(resolve(path)).catch((error) => {
    const missing = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    const message = missing
      ? `no such folder or image: ${path}`
      : `cannot open ${path}: ${messageOf(error)}`;
    throw new DomstartError(missing ? 'file-missing' : 'host-io', message, { cause: error });
  });
  const stats = await stat(root);
  if (stats.isDirectory()) return directoryTree(root, changes);
  if (!stats.isFile()) {
    throw new DomstartError('not-supported', `${path} is neither a folder nor an image file`, {
      hint: stats.isBlockDevice() ? 'mount it, and name the folder' : undefined,
    });
  }
  refuseName(root);
  await refuseContent(path, root);
  return imageTree(root, { ...changes, signal });
}

/** e2fsprogs reads options behind a question mark. */
function refuseName(root: string): void {
  if (!/[?\n]/.test(basename(root))) return;
  throw new DomstartError('not-supported', `cannot open an image of this name: ${root}`, {
    hint: 'rename it: no question mark and no end of a line',
  });
}

async function refuseContent(path: string, root: string): Promise<void> {
  const begin = Buffer.alloc(LOOKED_AT);
  const file = await open(root, 'r').catch((error) => {
    throw new DomstartError('host-io', `cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  });
  const { bytesRead } = await file.read(begin, 0, LOOKED_AT, 0).finally(() => file.close());
  const content = contentOf(begin.subarray(0, bytesRead));
  switch (content.kind) {
    case 'ext': {
      if (content.unclean === undefined) return;
      const why =
        content.unclean === 'errors'
          ? 'has errors'
          : 'was not unmounted: it is in use, or its guest was killed';
      throw new DomstartError('host-io', `the file system in ${path} ${why}`, {
        hint: `when nothing uses it: e2fsck -f ${path}`,
      });
    }
    case 'partitioned':
      throw new DomstartError('not-supported', `${path} is a whole disk with partitions`, {
        hint: 'take the partition out (`losetup -P` shows it as a device; `dd` copies it), or mount it and name the folder',
      });
    case 'other': {
      const what = content.name === undefined ? 'no ext2, ext3 or ext4 file system' : content.name;
      const verb = content.name === undefined ? 'holds' : 'is';
      throw new DomstartError('not-supported', `${path} ${verb} ${what}`, {
        hint: 'name a folder, or an image of an ext2, ext3 or ext4 file system without partitions',
      });
    }
  }
}
