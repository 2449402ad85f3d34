import { enableCompileCache } from 'node:module';
import { cacheFolder } from '../host/paths.ts';
import { compileCacheFolder } from './compile-cache.ts';

// Everything else is loaded lazily and through Node's compile cache: it halves the start.
const folder = compileCacheFolder(cacheFolder, import.meta.filename);
if (folder !== undefined) enableCompileCache(folder);
const { main } = await import('./program.ts');
process.exitCode = await main(process.argv.slice(2));
