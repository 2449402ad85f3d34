import { mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it where they are missing; one that is there stays as it is. Not
 * by Node's `recursive`: that tries without end where a file system, such as /proc, makes no
 * folders. Rejects with the error of the host.
 */
export async function makeFolder(folder: string, mode: number): Promise<void> {
  const make = () =>
    mkdir(folder, mode).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || above === folder) throw error;
    await makeFolder(above, mode);
    await make();
  }
}

/** As `makeFolder`, at once. Throws the error of the host. */
export function makeFolderNow(folder: string, mode: number): void {
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const above = dirname(folder);
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || above === folder) throw error;
    makeFolderNow(above, mode);
    mkdirSync(folder, mode);
  }
}
