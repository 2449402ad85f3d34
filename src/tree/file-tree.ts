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
type Purpose = 'record' | 'keep' | 'turn off' | 'job' | 'put aside' | 'restore' | 'clean up';

/** One step. Each is done wholly or not at all; the folders in the paths are there, and no links. */
export type Operation =
  | {
      readonly kind: 'write';
      readonly purpose: Purpose;
      readonly path: string;
      readonly content: Uint8Array;
      readonly mode: number;
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

/**
 * Paths are absolute inside the tree, normal, and without a slash at the end. None is followed
 * through a link: see resolve.ts. Every call may throw `host-io`.
 */
export interface FileTree {
  readonly kind: 'directory' | 'image';
  /** Its own name on the host. */
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
