import type { TarEntry } from '../../archive/tar-entry.ts';
import type { Span } from './content-blocks.ts';

/** A file of the disk, whatever its kind; it may have more than one name. */
export interface DiskNode {
  readonly kind: Exclude<TarEntry['kind'], 'hardlink'>;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  /** Bytes of a file's content. */
  readonly size: number;
  /** Of a file: where it is not all zero. */
  readonly content: readonly Span[];
  /** Of a link. */
  readonly target?: string;
  /** Of a device. */
  readonly major?: number;
  readonly minor?: number;
  readonly attributes?: ReadonlyMap<string, Buffer>;
  /** Of a folder: by name, one character a byte. */
  readonly below: Map<string, DiskNode>;
}

export function isFolder({ kind }: DiskNode): boolean {
  return kind === 'folder';
}

/** Names in the order of their bytes. */
export function sortedBelow({ below }: DiskNode): [string, DiskNode][] {
  return [...below].sort(([a], [b]) => (a < b ? -1 : 1));
}
