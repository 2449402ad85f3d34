/** Whether what lies in `in/` has arrived: pure, so that every case can be told. */

export type Kind = 'file' | 'folder' | 'link' | 'socket' | 'pipe' | 'device';

/** What is seen of an entry of `in/`. Times are the file system's, in milliseconds since 1970. */
export interface Seen {
  readonly kind: Kind;
  readonly size: number;
  readonly modified: number;
  readonly changed: number;
  readonly inode: bigint;
  /** Of a folder, over all that is in it: when the last of it was changed; empty: absent. */
  readonly inside?: number;
}

export interface Circumstances {
  /** There is a `NAME.done`. */
  readonly marked: boolean;
  /** The kernel told that the name came, and of nothing that was written to it. */
  readonly renamed: boolean;
  /** The kernel told that it was written to here, and every process that could be doing so is seen. */
  readonly local: boolean;
  /** A process has it open for writing, as far as that is seen. */
  readonly open: boolean;
  /** By the clock of the file system, in milliseconds since 1970. */
  readonly now: number;
}

export type Judgement =
  /** `still`: nothing was written to it for long enough; who has it open for writing is to be asked. */
  | { readonly is: 'here'; readonly by: 'marker' | 'rename' | 'still' }
  /** It is taken all the same, to have failed. */
  | { readonly is: 'refused'; readonly why: string }
  /** To be looked at again after that many milliseconds. */
  | { readonly is: 'growing'; readonly again: number; readonly why: string };

/** Milliseconds for which size and time must have stood still where nothing better is known. */
const STILL = 2_000;

/** The same of a file that nobody here has open: its writer has closed it. */
const CLOSED = 100;

const REFUSED: Readonly<Partial<Record<Kind, string>>> = {
  link: 'it is a symbolic link, and links are not followed',
  socket: 'it is a socket',
  pipe: 'it is a pipe',
  device: 'it is a device',
};

/** Why it is not run, whatever it does; undefined of what is. */
export function refusalOf({ kind }: Pick<Seen, 'kind'>): string | undefined {
  const why = REFUSED[kind];
  return why === undefined ? undefined : `not taken: ${why}`;
}

export function judge(seen: Seen, around: Circumstances): Judgement {
  const why = refusalOf(seen);
  if (why !== undefined) return { is: 'refused', why };
  if (around.marked) return { is: 'here', by: 'marker' };
  if (cameWhole(seen, around)) return { is: 'here', by: 'rename' };
  // Who copies a file may give it any time of its own; when it was changed the system says.
  const still = around.now - Math.max(seen.changed, seen.inside ?? 0);
  const wanted = around.local && seen.kind === 'file' ? CLOSED : STILL;
  if (still >= wanted && !around.open) return { is: 'here', by: 'still' };
  const again = still >= wanted ? wanted : wanted - still;
  const reason = around.open ? 'a process has it open for writing' : 'it may still be written to';
  // A clock that is far ahead must not make us wait for days.
  return { is: 'growing', again: Math.min(again, STILL), why: reason };
}

/**
 * A file that was just made looks like one that was renamed until something is written, so an empty
 * one does not count. A folder that was renamed was changed after all that is in it.
 */
function cameWhole(seen: Seen, { renamed }: Circumstances): boolean {
  if (!renamed) return false;
  if (seen.kind === 'file') return seen.size > 0;
  const { inside, changed, modified } = seen;
  return inside !== undefined && changed > inside && changed > modified;
}

/** Whether it is what it was: nobody has written to it meanwhile. */
export function isSame(one: Seen, other: Seen): boolean {
  return (
    one.kind === other.kind &&
    one.inode === other.inode &&
    one.size === other.size &&
    one.modified === other.modified &&
    one.inside === other.inside
  );
}
