export type TarKind = 'file' | 'folder' | 'link' | 'hardlink' | 'character' | 'block' | 'fifo';

/**
 * One entry of a tar. `path`, `target` and the names of attributes hold one character a byte
 * (`latin1`), because a name on Linux is bytes and need not be UTF-8: `bytesOf` (names.ts) gives what
 * the host's calls take, `textOf` what people read.
 */
export interface TarEntry {
  /** Below the root of the archive and normal: no `/` in front or behind, no `.` or `..`; `''` is the root. */
  readonly path: string;
  readonly kind: TarKind;
  /** Permission bits with set-uid, set-gid and sticky: at most 07777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970; may be negative. */
  readonly mtime: number;
  /** Of a file, in bytes; 0 of everything else. */
  readonly size: number;
  /** Of a link what it says, of a hard link the path of the entry that it is another name of. */
  readonly target?: string;
  /** Of a character or block device. */
  readonly major?: number;
  readonly minor?: number;
  /** Extended attributes, by their full name such as `security.capability`. */
  readonly attributes?: ReadonlyMap<string, Buffer>;
}

/** An entry with what is in it; `content` of anything but a file is empty. */
export interface TarItem {
  readonly entry: TarEntry;
  /** May be read once, and only until the next item is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}
