import { DomstartError } from '../model/errors.ts';
import { type FileTree, joinPath, type Operation, splitPath } from '../tree/file-tree.ts';
import { resolveInTree } from '../tree/resolve.ts';

const ROOT = { uid: 0, gid: 0 } as const;

/**
 * The same operations where the guest would find them: a link on the way is followed inside the tree
 * (`/bin` may be `/usr/bin`), and a folder that is missing is made before what goes into it.
 */
export async function placeOperations(
  tree: FileTree,
  operations: readonly Operation[],
): Promise<Operation[]> {
  const placed: Operation[] = [];
  /** By the path as it is asked for: where it is. */
  const folders = new Map<string, string>([['/', '/']]);

  async function place(folder: string): Promise<string> {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const found = await resolveInTree(tree, folder);
    if (found !== undefined && found.entry.kind !== 'folder') throw noFolder(tree, folder);
    const path = found?.path ?? (await make(folder));
    folders.set(folder, path);
    return path;
  }

  async function make(folder: string): Promise<string> {
    const { folder: above, name } = splitPath(folder);
    const path = joinPath(await place(above), name);
    placed.push({ kind: 'folder', purpose: 'system', path, mode: 0o755, owner: ROOT });
    return path;
  }

  for (const operation of operations) {
    const { folder, name } = splitPath(operation.path);
    const path = joinPath(await place(folder), name);
    if (operation.kind === 'folder') {
      if ((await resolveInTree(tree, path))?.entry.kind === 'folder') continue;
      folders.set(operation.path, path);
    }
    placed.push({ ...operation, path });
  }
  return placed;
}

function noFolder({ root }: FileTree, folder: string): DomstartError {
  return new DomstartError('job-invalid', `${folder} in ${root} is no folder`, {
    hint: 'something is to go into it: choose another target',
  });
}
