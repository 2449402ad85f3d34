import { lstat, rename } from 'node:fs/promises';
import { namesBeside, pathIn } from './names.ts';

/**
 * Hands a result over by one rename, under its name or, where that is taken, `NAME.2` and so on.
 * `intend` is called with the name before. Rejects with the error of the host.
 */
export async function publish(options: {
  readonly result: string;
  readonly folder: string;
  readonly name: Uint8Array;
  readonly intend: (target: Buffer) => Promise<void>;
}): Promise<Buffer> {
  const { result, folder, name, intend } = options;
  for (const target of namesBeside(name)) {
    const path = pathIn(folder, target);
    if (await exists(path)) continue;
    await intend(target);
    try {
      // A folder takes the place of nothing but an empty one.
      await rename(result, path);
      return target;
    } catch (error) {
      if (!IS_TAKEN.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  throw new Error('there is always another name');
}

const IS_TAKEN: ReadonlySet<string> = new Set(['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR']);

async function exists(path: Buffer): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
