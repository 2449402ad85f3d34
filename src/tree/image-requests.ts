import { quoteRequest } from './debugfs.ts';
import { type Operation, splitPath } from './file-tree.ts';

export interface Requests {
  /** One request of debugfs a line. */
  readonly lines: readonly string[];
  /** Contents of new files, by the names that the requests call them. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export interface RequestOptions {
  /** Paths at which something stands. */
  readonly existing: ReadonlySet<string>;
  /** Blocks to add to each folder in which something is renamed. */
  readonly expand: number;
}

/**
 * The operations as requests of debugfs. It has no rename: a second name for the inode and then
 * the end of the first one is the same, as neither touches the count of names.
 */
export function requestsOf(
  operations: readonly Operation[],
  { existing, expand }: RequestOptions,
): Requests {
  const there = new Set(existing);
  const lines: string[] = [];
  const contents = new Map<string, Uint8Array>();
  const say = (...words: readonly string[]) => lines.push(words.join(' '));
  const removeFrom = (path: string) => {
    if (there.delete(path)) say('rm', quoteRequest(path));
  };
  const renames = operations.filter(({ kind }) => kind === 'rename');
  for (const folder of new Set(renames.map(({ path }) => splitPath(path).folder))) {
    for (let block = 0; block < expand; block += 1) say('expand_dir', quoteRequest(folder));
  }
  for (const operation of operations) {
    const path = quoteRequest(operation.path);
    switch (operation.kind) {
      case 'write': {
        const { mode, owner, content } = operation;
        const { folder, name } = splitPath(operation.path);
        const source = `content-${contents.size}`;
        contents.set(source, content);
        removeFrom(operation.path);
        say('cd', quoteRequest(folder));
        say('write', source, quoteRequest(name));
        say('set_inode_field', path, 'mode', `0${(0o100000 | mode).toString(8)}`);
        say('set_inode_field', path, 'uid', String(owner.uid));
        say('set_inode_field', path, 'gid', String(owner.gid));
        there.add(operation.path);
        break;
      }
      case 'rename':
        removeFrom(operation.to);
        say('ln', path, quoteRequest(operation.to));
        say('unlink', path);
        there.delete(operation.path);
        there.add(operation.to);
        break;
      case 'remove':
        removeFrom(operation.path);
        break;
    }
  }
  return { lines, contents };
}

/** Blocks of 1 KiB, the smallest there are, that the new names of renamed files surely fit in. */
export function blocksFor(operations: readonly Operation[]): number {
  const bytes = operations
    .map((one) => (one.kind === 'rename' ? Buffer.byteLength(splitPath(one.to).name) + 12 : 0))
    .reduce((sum, length) => sum + length, 0);
  // A block is left half empty in the worst case: no name is longer than a quarter of it.
  return Math.ceil(bytes / 512) + 1;
}
