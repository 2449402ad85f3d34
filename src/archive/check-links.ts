import { quoted } from './names.ts';
import { type FolderNode, type Node, nodesBelow } from './taken-tree.ts';
import { TarFault } from './tar-fault.ts';

/** As many as the kernel follows on one way. */
const MOST_LINKS = 40;

type LinkNode = Node & { readonly kind: 'link' };

/** Where a link leads, and over how many links; a place where nothing is counts as `missing`. */
interface End {
  readonly node: Node | 'missing';
  readonly links: number;
}

/**
 * Refuses links that lead out of what was taken out, by themselves or over other links. It is asked
 * when all is there, so the order of the entries cannot hide anything, and each link is followed
 * once. A link to something that is not there is in order, but not one that goes up from there: who
 * knows what will be there. Throws a TarFault.
 */
export function checkLinks(root: FolderNode): void {
  const ends = new Map<LinkNode, End | 'open'>();

  const follow = (link: LinkNode, folder: FolderNode, depth: number): End => {
    const known = ends.get(link);
    if (known === 'open' || depth > MOST_LINKS) throw new TarFault('goes over too many links');
    if (known !== undefined) return known;
    ends.set(link, 'open');
    const end = walk(link.target, folder, depth);
    if (end.links > MOST_LINKS) throw new TarFault('goes over too many links');
    ends.set(link, end);
    return end;
  };

  const walk = (target: string, from: FolderNode, depth: number): End => {
    if (target.startsWith('/')) throw new TarFault('is absolute');
    let node: Node | 'missing' = from;
    let links = 1;
    for (const part of target.split('/')) {
      if (part === '' || part === '.') continue;
      const folder: Node | 'missing' = node;
      if (folder === 'missing' || folder.kind !== 'folder') {
        if (part === '..') throw new TarFault('goes up from where nothing is');
        node = 'missing';
        continue;
      }
      const next: Node | undefined = part === '..' ? folder.above : folder.below.get(part);
      if (part === '..' && next === undefined) throw new TarFault('leads out');
      if (next?.kind === 'link') {
        const end = follow(next, folder, depth + 1);
        links += end.links;
        node = end.node;
      } else {
        node = next ?? 'missing';
      }
    }
    return { node, links };
  };

  for (const { path, link, folder } of linksBelow(root)) {
    try {
      follow(link, folder, 1);
    } catch (error) {
      if (!(error instanceof TarFault)) throw error;
      const what = `the link ${quoted(path)} to ${quoted(link.target)}`;
      throw new TarFault(`${what} ${error.message}`, HINT);
    }
  }
}

const HINT = 'links may lead to what is handed back with them, and must be relative';

interface FoundLink {
  readonly path: string;
  readonly link: LinkNode;
  readonly folder: FolderNode;
}

export function* linksBelow(root: FolderNode): Generator<FoundLink> {
  for (const { path, node, folder } of nodesBelow(root)) {
    if (node.kind === 'link') yield { path, link: node, folder };
  }
}
