import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface ExistingFolder {
  readonly path: string;
  /** Another one for a folder that was removed and made again, also where its inode is the same. */
  readonly identity: string;
}

/** The folder itself where it exists and can be reached, else the nearest of those that hold it. */
export async function nearestFolder(folder: string): Promise<ExistingFolder> {
  const identity = await folderIdentity(folder);
  if (identity !== undefined) return { path: folder, identity };
  const parent = dirname(folder);
  return parent === folder ? { path: folder, identity: '' } : nearestFolder(parent);
}

/** Undefined where there is no folder, or none that can be reached. */
export async function folderIdentity(folder: string): Promise<string | undefined> {
  try {
    const found = await stat(folder, { bigint: true });
    return found.isDirectory() ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : undefined;
  } catch {
    return undefined;
  }
}

/** The name below `ancestor` on the way to `folder`. */
export function nextName(ancestor: string, folder: string): string | undefined {
  return folder
    .slice(ancestor.length)
    .split('/')
    .find((name) => name !== '');
}
