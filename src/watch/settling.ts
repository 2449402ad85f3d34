import type { Clock } from '../ports/clock.ts';
import { type Fingerprint, fingerprintOf, pathIn, sameEntry } from './folder-snapshot.ts';
import { fileId, type WriterSearch } from './writers.ts';

interface Written {
  readonly name: string;
  /** FILE of those who wait for it. */
  readonly patterns: ReadonlySet<string>;
}

export interface Settling {
  /** The entry is new or has changed; `whole`: it came by rename and need not stand still. */
  add(entry: {
    readonly name: string;
    readonly fingerprint: Fingerprint | undefined;
    readonly patterns: readonly string[];
    readonly state: 'whole' | 'growing';
  }): void;
  forget(name: string): void;
  /** Those that have been written to the end, in the order of names; each once. */
  finished(): Promise<readonly Written[]>;
  close(): void;
}

export interface SettlingOptions {
  readonly folder: string;
  readonly clock: Clock;
  readonly settle: number;
  readonly writers: WriterSearch;
  /** Asks for a look at these files. */
  requestLook(names: readonly string[]): void;
}

interface Candidate {
  readonly name: string;
  readonly fingerprint: Fingerprint;
  readonly patterns: ReadonlySet<string>;
  due: number;
}

/**
 * Files of one folder that are perhaps still being written. A file is finished when its size and
 * time have stood still for the settle time, or it came by rename, and nobody has it open for
 * writing. The kernel does not tell Node when a file is closed, so one that is held open is looked
 * at again after each settle time.
 */
export function createSettling(options: SettlingOptions): Settling {
  const { folder, clock, settle, writers, requestLook } = options;
  const candidates = new Map<string, Candidate>();
  let cancel: (() => void) | undefined;

  function arm(): void {
    cancel?.();
    cancel = undefined;
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of candidates.values()) next = Math.min(next, due);
    if (candidates.size === 0) return;
    cancel = clock.after(Math.max(0, next - clock.now()), () => {
      requestLook(dueNow().map(({ name }) => name));
    });
  }

  function dueNow(): Candidate[] {
    const now = clock.now();
    const due = [...candidates.values()].filter((candidate) => candidate.due <= now);
    return due.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async function isStill({ name, fingerprint }: Candidate): Promise<boolean> {
    try {
      return sameEntry(fingerprint, await fingerprintOf(pathIn(folder, name)));
    } catch {
      return false;
    }
  }

  /** Who wrote and closed the file before the search is seen by the look at the file after it. */
  async function judge(due: readonly Candidate[]): Promise<Written[]> {
    const held = await writers.openForWriting(due.map(({ fingerprint }) => fileId(fingerprint)));
    const written: Written[] = [];
    for (const candidate of due) {
      candidate.due = clock.now() + settle;
      if (held.has(fileId(candidate.fingerprint))) continue;
      if (!(await isStill(candidate))) requestLook([candidate.name]);
      else if (candidates.get(candidate.name) === candidate) {
        candidates.delete(candidate.name);
        written.push(candidate);
      }
    }
    return written;
  }

  return {
    add({ name, fingerprint, patterns, state }) {
      const others = candidates.get(name)?.patterns ?? [];
      candidates.delete(name);
      if (fingerprint?.kind !== 'file') return;
      // An empty file that came by rename looks like one that was just made.
      const whole = state === 'whole' && fingerprint.size > 0n;
      candidates.set(name, {
        name,
        fingerprint,
        patterns: new Set([...others, ...patterns]),
        due: clock.now() + (whole ? 0 : settle),
      });
    },

    forget(name) {
      candidates.delete(name);
    },

    async finished() {
      const due = dueNow();
      const written = due.length > 0 ? await judge(due) : [];
      arm();
      return written;
    },

    close() {
      candidates.clear();
      cancel?.();
    },
  };
}
