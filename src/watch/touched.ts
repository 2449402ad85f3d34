/** Which entries of a folder the kernel has told about since the last look. */
export interface Touched {
  add(name: string): void;
  addAll(): void;
  /** What was told until now, as a question; all of them where nothing was. Begins anew. */
  take(): (name: string) => boolean;
}

/** With so many untold, the kernel's queue may have overflown: what it left out is not known. */
const STORM = 4_000;

export function createTouched(): Touched {
  let names = new Set<string>();
  let all = false;
  let count = 0;
  return {
    add(name) {
      count += 1;
      names.add(name);
    },
    addAll() {
      all = true;
    },
    take() {
      const taken = names;
      const every = all || count === 0 || count > STORM;
      names = new Set();
      all = false;
      count = 0;
      return (name) => every || taken.has(name);
    },
  };
}
