/** What is in a guest's folder of jobs, as far as anybody asks. */
import { createHash } from 'node:crypto';
import { isFolderOfJobs, isJob, isOldJob, isOverride } from '../../language/job-file-names.ts';
import { DomstartError } from '../../model/errors.ts';
import { type FileTree, joinPath, splitPath, type TreeEntry } from '../../tree/file-tree.ts';
import { resolveInTree } from '../../tree/resolve.ts';
import type { UpstartInit } from './layout.ts';
import { type GuestRecord, NOTHING, type Print } from './record.ts';

export interface Found {
  readonly entry: TreeEntry;
  readonly print: Print;
  /** Of a file that is read. */
  readonly content?: Buffer;
}

export interface JobTree {
  /** Of the folder of jobs itself. */
  readonly owner: TreeEntry['owner'];
  /** By path, in order of the names. */
  readonly found: ReadonlyMap<string, Found>;
}

interface ReadOptions {
  readonly folder: string;
  readonly init: UpstartInit;
  readonly record: GuestRecord | undefined;
  /** All jobs are read; otherwise only what the record names. */
  readonly jobs: boolean;
}

export async function readJobTree(tree: FileTree, options: ReadOptions): Promise<JobTree> {
  const { folder, init, record, jobs } = options;
  const isWanted =
    init === 'event.d' ? isOldJob : (name: string) => isJob(name) || isOverride(name);
  const recorded = new Set(
    record?.entries.flatMap(({ path, kept }) => (kept === undefined ? [path] : [path, kept.path])),
  );
  const found = new Map<string, Found>();
  async function walk(at: string): Promise<void> {
    refuseDepth(at);
    const entries = [...(await tree.list(at))].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = joinPath(at, entry.name);
      const wanted = recorded.has(path) || (jobs && isWanted(entry.name));
      if (wanted) refuseName(path);
      found.set(path, wanted ? await readOne(tree, path, entry) : { entry, print: UNREAD });
      if (entry.kind === 'folder' && isFolderOfJobs(entry.name)) await walk(path);
    }
  }
  await walk(folder);
  const above = await resolveInTree(tree, folder);
  return { owner: above?.entry.owner ?? { uid: 0, gid: 0 }, found };
}

/** It is there, and nobody asks what it is. */
const UNREAD: Print = 'unread';

async function readOne(tree: FileTree, path: string, entry: TreeEntry): Promise<Found> {
  switch (entry.kind) {
    case 'file': {
      const content = await tree.read(path);
      return { entry, print: printOf(content), content };
    }
    case 'link':
      return { entry, print: `link:${entry.target}` };
    case 'folder':
    case 'other':
      return { entry, print: entry.kind };
  }
}

export function printOf(content: Uint8Array | undefined): Print {
  if (content === undefined) return NOTHING;
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A damaged file system may have a folder in itself. */
function refuseDepth(folder: string): void {
  if (folder.length < LONGEST_PATH) return;
  throw new DomstartError('host-io', `folders are too deep: ${folder.slice(0, 80)}…`, {
    hint: 'check the file system',
  });
}

const LONGEST_PATH = 4096;

/** Such names would be changed by being written. */
function refuseName(path: string): void {
  if (!path.includes('\uFFFD')) return;
  throw new DomstartError('not-supported', `the name of a job is not UTF-8: ${path}`, {
    hint: `rename it, or move it out of ${splitPath(path).folder}`,
  });
}
