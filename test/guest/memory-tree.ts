import { type FileTree, joinPath, splitPath, type TreeEntry } from '../../src/tree/file-tree.ts';

type Node = string | { readonly link: string };

const owner = { uid: 0, gid: 0 };

export interface MemoryTree extends FileTree {
  readonly files: Map<string, Node>;
  /** Operations that are still done, before one throws. */
  left: number;
}

/** A guest in memory: files by their paths; folders are where files are, and what is named. */
export function memoryTree(
  files: Readonly<Record<string, Node>>,
  folders: readonly string[] = [],
): MemoryTree {
  const tree: MemoryTree = {
    kind: 'directory',
    root: 'memory',
    files: new Map(Object.entries(files)),
    left: Number.POSITIVE_INFINITY,
    lookUp: async (path) =>
      (await tree.list(splitPath(path).folder)).find(({ name }) => name === splitPath(path).name),
    async list(folder) {
      const entries = new Map<string, TreeEntry>();
      const below = joinPath(folder, '');
      const all = [
        ...Array.from(tree.files),
        ...folders.map((path): [string, Node] => [`${path}/`, '']),
      ];
      for (const [path, node] of all) {
        if (!path.startsWith(below)) continue;
        const [name = '', ...rest] = path.slice(below.length).split('/');
        if (name === '') continue;
        entries.set(
          name,
          rest.length > 0 ? { name, kind: 'folder', mode: 0o755, owner } : entryOf(name, node),
        );
      }
      return [...entries.values()];
    },
    async read(path) {
      return Buffer.from(String(tree.files.get(path)));
    },
    async apply(operations) {
      for (const operation of operations) {
        if (tree.left === 0) throw new Error('stopped');
        tree.left -= 1;
        const { kind, path } = operation;
        const node = tree.files.get(path);
        if (kind === 'write' && operation.content instanceof Uint8Array) {
          tree.files.set(path, Buffer.from(operation.content).toString());
          continue;
        }
        if (node === undefined) throw new Error(`${path} is not there to ${kind}`);
        tree.files.delete(path);
        if (kind === 'rename') tree.files.set(operation.to, node);
      }
    },
  };
  return tree;
}

function entryOf(name: string, node: Node): TreeEntry {
  if (typeof node === 'string') return { name, kind: 'file', mode: 0o644, owner };
  return { name, kind: 'link', mode: 0o777, owner, target: node.link };
}
