import { quoted } from './names.ts';
import { TarFault } from './tar-fault.ts';

/** What was taken out so far, as it stands on the disk; a link is only remembered. */
export type Node =
  | { readonly kind: 'file'; size: number }
  | FolderNode
  | { readonly kind: 'link'; target: string };

export interface FolderNode {
  readonly kind: 'folder';
  readonly above: FolderNode | undefined;
  readonly below: Map<string, Node>;
  mode: number | undefined;
}

export function rootFolder(): FolderNode {
  return { kind: 'folder', above: undefined, below: new Map(), mode: undefined };
}

/** Where a path of an archive stands: in a folder that is none of its links. */
export interface Place {
  readonly folder: FolderNode;
  readonly name: string;
  /** What stands there already. */
  readonly found: Node | undefined;
}

/**
 * Finds the place of `path`, which is not the root. Folders above it that the archive did not name
 * are made; `onFolder` is told of each. Throws a TarFault where something else is in the way.
 */
export function placeOf(
  root: FolderNode,
  path: string,
  onFolder: (path: string) => void = () => {},
): Place {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = root;
  for (const [index, part] of parts.entries()) {
    let next = folder.below.get(part);
    if (next === undefined) {
      next = { kind: 'folder', above: folder, below: new Map(), mode: undefined };
      onFolder(parts.slice(0, index + 1).join('/'));
      folder.below.set(part, next);
    }
    if (next.kind !== 'folder') {
      const inTheWay = quoted(parts.slice(0, index + 1).join('/'));
      throw new TarFault(`${quoted(path)} is below ${inTheWay}, which is a ${next.kind}`);
    }
    folder = next;
  }
  return { folder, name, found: folder.below.get(name) };
}

/** What stands at `path`, without following a link or making anything. */
export function nodeAt(root: FolderNode, path: string): Node | undefined {
  let node: Node | undefined = root;
  for (const part of path.split('/')) {
    if (node?.kind !== 'folder') return undefined;
    node = node.below.get(part);
  }
  return node;
}

/** All that is below a folder, each folder in front of what is in it. */
export function* nodesBelow(
  root: FolderNode,
): Generator<{ readonly path: string; readonly node: Node; readonly folder: FolderNode }> {
  const open: { readonly path: string; readonly folder: FolderNode }[] = [
    { path: '', folder: root },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path: above, folder } = next;
    for (const [name, node] of folder.below) {
      const path = above === '' ? name : `${above}/${name}`;
      yield { path, node, folder };
      if (node.kind === 'folder') open.push({ path, folder: node });
    }
  }
}
