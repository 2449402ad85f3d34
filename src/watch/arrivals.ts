import type { Notice } from './notifier.ts';

/** Which names of a folder came without being written to there. */
export interface Arrivals {
  note(notice: Notice): void;
  has(name: string): boolean;
  /** Resolves when every notice about what was seen before the call has been noted. */
  settled(): Promise<void>;
  /** To be called after each look: what two looks have seen is forgotten. */
  forget(): void;
}

/** More at one go than this, and the kernel's queue may have overflown: some notices are missing. */
const STORM = 4_000;

/**
 * A file that is renamed (or linked) into a folder is a name that comes, and nothing more. One that
 * is made there is a name that comes and then content. So a name that came, has content and was not
 * written to came by rename. It is no proof where notices were lost, and is not used then.
 */
export function createArrivals(): Arrivals {
  let now = new Set<string>();
  let earlier = new Set<string>();
  let count = 0;

  function forgetAll(): void {
    now.clear();
    earlier.clear();
  }

  return {
    note({ name, change }) {
      if (count === 0) {
        setImmediate(() => {
          count = 0;
        });
      }
      count += 1;
      if (count > STORM) forgetAll();
      else if (name !== undefined && change === 'entry') now.add(name);
      else if (name !== undefined) {
        now.delete(name);
        earlier.delete(name);
      }
    },
    has: (name) => now.has(name) || earlier.has(name),
    async settled() {
      // The kernel queues the notice before the change can be seen; one turn of the loop reads it.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    },
    forget() {
      earlier = now;
      now = new Set();
    },
  };
}
