import { type FileTree, joinPath, type Operation } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import type { NewUser } from './accounts.ts';

const SKELETON = '/etc/skel';

/** A new user's home, with what is in /etc/skel. One that is there already stays as it is. */
export async function homeOperations(
  tree: FileTree,
  { home, uid, gid }: NewUser,
): Promise<Operation[]> {
  if ((await resolveInTree(tree, home)) !== undefined) return [];
  const owner = { uid, gid };
  const skeleton = await resolveInTree(tree, SKELETON);

  async function copies(from: string, to: string): Promise<Operation[]> {
    const operations: Operation[] = [];
    const entries = [...(await tree.list(from))].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, kind, mode, target = '' } of entries) {
      const source = joinPath(from, name);
      const common = { purpose: 'system', path: joinPath(to, name), owner } as const;
      if (kind === 'folder') {
        operations.push({ ...common, kind, mode }, ...(await copies(source, common.path)));
      } else if (kind === 'link') {
        operations.push({ ...common, kind, target });
      } else if (kind === 'file') {
        operations.push({ ...common, kind: 'write', mode, content: await tree.read(source) });
      }
    }
    return operations;
  }

  return [
    { kind: 'folder', purpose: 'system', path: home, mode: 0o700, owner },
    ...(skeleton?.entry.kind === 'folder' ? await copies(skeleton.path, home) : []),
  ];
}
