import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../host/paths.ts';

// Everything else is loaded lazily and through Node's compile cache: it halves the start.
enableCompileCache(join(cacheFolder(), 'v8'));
const { main } = await import('./program.ts');
process.exitCode = await main(process.argv.slice(2));
