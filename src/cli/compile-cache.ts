import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The folder for Node's compile cache of one build, below `cache`; undefined where there can be
 * none. Node keeps a file for each piece of each build for ever: the first start of a build removes
 * what the builds before it, of the same program file, have left.
 */
export function compileCacheFolder(cache: () => string, program: string): string | undefined {
  try {
    const place = program.replace(/[^A-Za-z0-9]+/g, '_').slice(-80);
    const build = `${place}.${Math.trunc(statSync(program).mtimeMs)}`;
    const all = join(cache(), 'v8');
    const folder = join(all, build);
    if (existsSync(folder)) return folder;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(all)) {
      if (name === build || !name.startsWith(`${place}.`)) continue;
      rmSync(join(all, name), { recursive: true, force: true });
    }
    return folder;
  } catch {
    // It only makes the start quicker; what is wrong with the cache, whoever needs it will say.
    return undefined;
  }
}
