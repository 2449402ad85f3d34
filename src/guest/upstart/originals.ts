/** What a guest has without us, whatever an install has done to it. */
import { isFolderOfJobs } from '../../language/job-file-names.ts';
import { type FileTree, splitPath } from '../../tree/file-tree.ts';
import { type Resolved, resolveInTree } from '../../tree/resolve.ts';
import type { Found } from './job-tree.ts';
import { statusOf, type Tree } from './reconcile.ts';
import type { GuestRecord, RecordEntry } from './record.ts';

export interface Original extends Found {
  /** It is a link, under a name that Upstart looks at: what it leads to. */
  readonly behind?:
    | { readonly kind: 'file'; readonly passing: readonly string[]; readonly content: Buffer }
    | { readonly kind: 'folder' | 'nothing' };
}

/** By path. What was changed by hand counts as ours: it will be put aside. */
export async function readOriginals(
  tree: FileTree,
  found: Tree,
  record: GuestRecord | undefined,
): Promise<ReadonlyMap<string, Original>> {
  const covered = (record?.entries ?? []).filter((entry) => statusOf(entry, found) !== 'untouched');
  const originals = new Map<string, Original>(found);
  for (const { path, kept } of covered) {
    if (kept !== undefined) originals.delete(kept.path);
    const original = kept && found.get(kept.path);
    if (original === undefined) originals.delete(path);
    else originals.set(path, original);
  }
  const before = uncovered(tree, covered);
  for (const [path, original] of originals) {
    if (original.entry.kind !== 'link' || !isFolderOfJobs(splitPath(path).name)) continue;
    const target = await resolveInTree(before, path);
    originals.set(path, { ...original, behind: await behindOf(before, target) });
  }
  return originals;
}

async function behindOf(
  { read }: Pick<FileTree, 'read'>,
  target: Resolved | undefined,
): Promise<Required<Original>['behind']> {
  if (target?.entry.kind === 'folder') return { kind: 'folder' };
  if (target?.entry.kind !== 'file') return { kind: 'nothing' };
  const { path, via } = target;
  return { kind: 'file', passing: [...via, path], content: await read(path) };
}

/** The tree as if the originals stood at their places: a link may lead to one of them. */
function uncovered(tree: FileTree, covered: readonly RecordEntry[]) {
  const placeOf = (path: string) => {
    const entry = covered.find((one) => path === one.path || path.startsWith(`${one.path}/`));
    if (entry === undefined) return path;
    return entry.kept && entry.kept.path + path.slice(entry.path.length);
  };
  return {
    root: tree.root,
    async lookUp(path: string) {
      const place = placeOf(path);
      return place === undefined ? undefined : await tree.lookUp(place);
    },
    read: (path: string) => tree.read(placeOf(path) ?? path),
  };
}
