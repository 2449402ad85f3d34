/** The files of a guest, wherever they are: in a folder of this host, or in an image. */

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly owner: Owner;
  /** Of a link: what it says. */
  readonly target?: string;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What an operation is for; people are told. */
type Purpose =
  | 'record'
  | 'keep'
  | 'turn off'
  | 'job'
  | 'put aside'
  | 'restore'
  | 'clean up'
  | 'system'
  | 'copy';

/** A file of the host that a file of the guest is a copy of; it may be larger than memory. */
interface FileSource {
  /** Absolute. */
  readonly source: string;
}

/**
 * One step. Each is done wholly or not at all; the folders in the paths are there, or made by a step
 * before, and no links.
 */
export type Operation =
  /** What stands there is replaced, unless it is a folder. */
  | {
      readonly kind: 'write';
      readonly purpose: Purpose;
      readonly path: string;
      readonly content: Uint8Array | FileSource;
      readonly mode: number;
      readonly owner: Owner;
    }
  /** A folder that is there stays as it is; anything else in its place is an error. */
  | {
      readonly kind: 'folder';
      readonly purpose: Purpose;
      readonly path: string;
      readonly mode: number;
      readonly owner: Owner;
    }
  /** A symbolic link. What stands there is replaced, unless it is a folder. */
  | {
      readonly kind: 'link';
      readonly purpose: Purpose;
      readonly path: string;
      readonly target: string;
      readonly owner: Owner;
    }
  /** Keeps everything of what is renamed; what stands at `to` is replaced. */
  | {
      readonly kind: 'rename';
      readonly purpose: Purpose;
      readonly path: string;
      readonly to: string;
    }
  | { readonly kind: 'remove'; readonly purpose: Purpose; readonly path: string };

/** How a tree is changed. */
export interface TreeChanges {
  /** Seconds since 1970: of all that is changed, so that the same changes give the same bytes. */
  readonly time?: number;
  /**
   * An image that nobody else has, and that is thrown away when a change fails: it is changed in its
   * place.
   */
  readonly own?: boolean;
  /** What people know it as; default: its own name on the host. */
  readonly name?: string;
}

/**
 * Paths are absolute inside the tree, normal, and without a slash at the end. None is followed
 * through a link: see resolve.ts. Every call may throw `host-io`.
 */
export interface FileTree {
  readonly kind: 'directory' | 'image';
  /** For people; its own name on the host where nothing else was given. */
  readonly root: string;
  /** What stands there, or nothing. */
  lookUp(path: string): Promise<TreeEntry | undefined>;
  /** In no order. */
  list(folder: string): Promise<readonly TreeEntry[]>;
  read(path: string): Promise<Buffer>;
  /**
   * Does them in order. A folder has done as many as it has when it is interrupted or throws; an
   * image has done all or none.
   */
  apply(operations: readonly Operation[], signal: AbortSignal): Promise<void>;
}

/** What is written is called so until it is whole. Upstart reads neither what is hidden nor backups. */
export const UNFINISHED = '.domstart-new~';

/** `/etc/event.d/rc2` as its folder and its name. */
export function splitPath(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, slash) || '/', name: path.slice(slash + 1) };
}

export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}
