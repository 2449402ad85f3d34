import { DomstartError } from '../model/errors.ts';
import { quoteRequest } from './debugfs.ts';
import { type Operation, type Owner, splitPath, type TreeEntry } from './file-tree.ts';

export interface Requests {
  /** One request of debugfs a line. */
  readonly lines: readonly string[];
  /** Contents of new files, by the names that the requests call them. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export interface RequestOptions {
  /** Paths at which something stands, and what. */
  readonly existing: ReadonlyMap<string, TreeEntry['kind']>;
  /** Blocks to add to each folder that something is renamed into. */
  readonly expand: number;
  /** Seconds since 1970, of everything that is changed; now where absent. */
  readonly time?: number;
}

/**
 * The operations as requests of debugfs. It has no rename: a second name for the inode and then
 * the end of the first one is the same, as neither touches the count of names.
 */
export function requestsOf(
  operations: readonly Operation[],
  { existing, expand, time }: RequestOptions,
): Requests {
  const draft: Draft = {
    there: new Map(existing),
    expanded: new Set(),
    expand,
    lines: [],
    contents: new Map(),
  };
  if (time !== undefined) say(draft, 'set_current_time', `@${time}`);
  for (const operation of operations) request(draft, operation);
  return draft;
}

interface Draft {
  readonly there: Map<string, TreeEntry['kind']>;
  readonly expanded: Set<string>;
  readonly expand: number;
  readonly lines: string[];
  readonly contents: Map<string, Uint8Array>;
}

function say({ lines }: Draft, ...words: readonly string[]): void {
  lines.push(words.join(' '));
}

function removeFrom(draft: Draft, path: string): void {
  if (draft.there.delete(path)) say(draft, 'rm', quoteRequest(path));
}

function request(draft: Draft, operation: Operation): void {
  switch (operation.kind) {
    case 'write':
      requestWrite(draft, operation);
      break;
    case 'folder':
      requestFolder(draft, operation);
      break;
    case 'link':
      removeFrom(draft, operation.path);
      makeIn(draft, operation, ['symlink'], [quoteRequest(operation.target)]);
      draft.there.set(operation.path, 'link');
      break;
    case 'rename':
      requestRename(draft, operation);
      break;
    case 'remove':
      removeFrom(draft, operation.path);
      break;
  }
}

/** Other than what makes names, `ln` does not give a folder more room. */
function requestRename(
  draft: Draft,
  { path, to }: Extract<Operation, { readonly kind: 'rename' }>,
): void {
  const { folder } = splitPath(to);
  if (!draft.expanded.has(folder)) {
    draft.expanded.add(folder);
    for (let block = 0; block < draft.expand; block += 1) {
      say(draft, 'expand_dir', quoteRequest(folder));
    }
  }
  removeFrom(draft, to);
  say(draft, 'ln', quoteRequest(path), quoteRequest(to));
  say(draft, 'unlink', quoteRequest(path));
  draft.there.set(to, draft.there.get(path) ?? 'file');
  draft.there.delete(path);
}

function requestWrite(
  draft: Draft,
  operation: Extract<Operation, { readonly kind: 'write' }>,
): void {
  const { content, path } = operation;
  let source = `content-${draft.contents.size}`;
  if ('source' in content) source = quoteRequest(content.source);
  else draft.contents.set(source, content);
  removeFrom(draft, path);
  makeIn(draft, operation, ['write', source], []);
  setMode(draft, path, 0o100000 | operation.mode);
  draft.there.set(path, 'file');
}

function requestFolder(
  draft: Draft,
  operation: Extract<Operation, { readonly kind: 'folder' }>,
): void {
  const { path, mode } = operation;
  const found = draft.there.get(path);
  if (found === 'folder') return;
  if (found !== undefined) {
    throw new DomstartError('host-io', `cannot make the folder ${path}: a ${found} has its name`);
  }
  makeIn(draft, operation, ['mkdir'], []);
  setMode(draft, path, 0o040000 | mode);
  draft.there.set(path, 'folder');
}

/** Names that are made are relative, in the folder that is current. */
function makeIn(
  draft: Draft,
  { path, owner }: { readonly path: string; readonly owner: Owner },
  before: readonly string[],
  after: readonly string[],
): void {
  const { folder, name } = splitPath(path);
  say(draft, 'cd', quoteRequest(folder));
  say(draft, ...before, quoteRequest(name), ...after);
  say(draft, 'set_inode_field', quoteRequest(path), 'uid', String(owner.uid));
  say(draft, 'set_inode_field', quoteRequest(path), 'gid', String(owner.gid));
}

function setMode(draft: Draft, path: string, mode: number): void {
  say(draft, 'set_inode_field', quoteRequest(path), 'mode', `0${mode.toString(8)}`);
}

/** Blocks of 1 KiB, the smallest there are, that the new names of renamed files surely fit in. */
export function blocksFor(operations: readonly Operation[]): number {
  const bytes = operations
    .map((one) => (one.kind === 'rename' ? Buffer.byteLength(splitPath(one.to).name) + 12 : 0))
    .reduce((sum, length) => sum + length, 0);
  // A block is left half empty in the worst case: no name is longer than a quarter of it.
  return Math.ceil(bytes / 512) + 1;
}
