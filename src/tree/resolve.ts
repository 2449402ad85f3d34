import { DomstartError } from '../model/errors.ts';
import { type FileTree, joinPath, splitPath, type TreeEntry } from './file-tree.ts';

/** Linux follows as many links in one name. */
const MOST_LINKS = 40;

export interface Resolved {
  /** Without a link in it. */
  readonly path: string;
  readonly entry: TreeEntry;
  /** The links that led there. */
  readonly via: readonly string[];
}

type Lookable = Pick<FileTree, 'root' | 'lookUp'>;

const ROOT: TreeEntry = { name: '', kind: 'folder', mode: 0o755, owner: { uid: 0, gid: 0 } };

/**
 * What a path means to the guest: an absolute link begins at the guest's own root. Undefined where
 * there is nothing. A link that climbs out of the tree is refused, though a kernel would stop it
 * at the root: nobody writes such a link by accident.
 */
export async function resolveInTree(tree: Lookable, path: string): Promise<Resolved | undefined> {
  const ahead = path.split('/');
  const via: string[] = [];
  let at: Resolved = { path: '/', entry: ROOT, via };
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '' || name === '.') continue;
    if (at.entry.kind !== 'folder') return undefined;
    if (name === '..') {
      if (at.path === '/') throw leadsOut(tree, path);
      const above = splitPath(at.path).folder;
      at = { path: above, entry: (await entryOf(tree, above)) ?? ROOT, via };
      continue;
    }
    const next = joinPath(at.path, name);
    const entry = await entryOf(tree, next);
    if (entry === undefined) return undefined;
    if (entry.kind !== 'link') {
      at = { path: next, entry, via };
      continue;
    }
    via.push(next);
    if (via.length > MOST_LINKS) return undefined;
    const target = entry.target ?? '';
    if (target.startsWith('/')) at = { path: '/', entry: ROOT, via };
    ahead.unshift(...target.split('/'));
  }
  return at;
}

async function entryOf(tree: Lookable, path: string): Promise<TreeEntry | undefined> {
  return path === '/' ? ROOT : tree.lookUp(path);
}

function leadsOut(tree: Lookable, path: string): DomstartError {
  return new DomstartError('host-io', `${path} leads out of ${tree.root}, by a link`, {
    hint: 'mend the link, or name the folder it is in',
  });
}
