/** Where the record is, and how it is read and written. */
import { DomstartError } from '../../model/errors.ts';
import {
  type FileTree,
  joinPath,
  type Operation,
  type Owner,
  splitPath,
  UNFINISHED,
} from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import type { JobTree } from './job-tree.ts';
import { type GuestRecord, parseRecord, printRecord, RECORD_NAME } from './record.ts';

export interface RecordPlace {
  readonly folder: string;
  readonly path: string;
  readonly owner: Owner;
}

export async function recordPlace(tree: FileTree): Promise<RecordPlace> {
  const found = await resolveInTree(tree, '/etc');
  if (found?.entry.kind !== 'folder') {
    throw new DomstartError('file-missing', `no folder /etc in ${tree.root}`, {
      hint: 'name the folder that is `/` to the guest',
    });
  }
  const { path: folder, entry } = found;
  return { folder, path: joinPath(folder, RECORD_NAME), owner: entry.owner };
}

export async function readRecord(
  tree: FileTree,
  { path }: RecordPlace,
): Promise<GuestRecord | undefined> {
  const entry = await tree.lookUp(path);
  if (entry === undefined) return undefined;
  const where = `${path} in ${tree.root}`;
  return parseRecord(entry.kind === 'file' ? (await tree.read(path)).toString('utf8') : '', where);
}

export function writeRecord({ path, owner }: RecordPlace, record: GuestRecord): Operation {
  const content = Buffer.from(printRecord(record));
  return { kind: 'write', purpose: 'record', path, content, mode: 0o644, owner };
}

/** What one that was killed while it wrote a file has left. */
export function leftOvers({ found }: JobTree): Operation[] {
  return Array.from(found.keys())
    .filter((path) => splitPath(path).name === UNFINISHED)
    .map((path) => ({ kind: 'remove', purpose: 'clean up', path }));
}

/** The same, of the record itself. */
export async function recordLeftOver(
  tree: FileTree,
  { folder }: RecordPlace,
): Promise<Operation[]> {
  const path = joinPath(folder, UNFINISHED);
  if ((await tree.lookUp(path)) === undefined) return [];
  return [{ kind: 'remove', purpose: 'clean up', path }];
}
