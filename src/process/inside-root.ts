import { lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Linux follows as many links in one name. */
const MOST_LINKS = 40;

/**
 * The file of the host that a process with another root means by `path`, which is absolute. Links
 * are followed as that process would: never out of the root. Throws what the file system says.
 */
export function fileInRoot(root: string, path: string): string {
  const ahead = path.split('/');
  let at: string[] = [];
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at.pop();
      continue;
    }
    const file = join(root, ...at, name);
    if (!lstatSync(file).isSymbolicLink()) {
      at.push(name);
      continue;
    }
    links += 1;
    if (links > MOST_LINKS)
      throw Object.assign(new Error(`too many links: ${path}`), { code: 'ELOOP' });
    const target = readlinkSync(file);
    if (target.startsWith('/')) at = [];
    ahead.unshift(...target.split('/'));
  }
  return join(root, ...at);
}
