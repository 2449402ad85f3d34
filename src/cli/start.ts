import { enableCompileCache } from 'node:module';
import { cacheFolder } from '../host/paths.ts';
import { compileCacheFolder } from './compile-cache.ts';

/** The program is loaded through Node's compile cache: it halves the start. */
export async function start(argv: readonly string[], file: string): Promise<number> {
  const folder = compileCacheFolder(cacheFolder, file);
  if (folder !== undefined) enableCompileCache(folder);
  const { main } = await import('./program.ts');
  return main(argv);
}
