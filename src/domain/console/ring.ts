/** The last lines of a console, in at most `limit` bytes (UTF-8, line ends included). */
export interface LineRing {
  push(line: string): void;
  /** The last `count` lines that are still held, oldest first; all where no count is given. */
  last(count?: number): string[];
  /** What no longer fits and was forgotten. */
  readonly dropped: { readonly lines: number; readonly bytes: number };
}

export function createLineRing(limit: number): LineRing {
  let lines: string[] = [];
  /** Lines before this one are forgotten; they go for good when they are the larger half. */
  let first = 0;
  let bytes = 0;
  const dropped = { lines: 0, bytes: 0 };

  function forgetOldest(): void {
    const size = sizeOf(lines[first] ?? '');
    lines[first] = '';
    first += 1;
    bytes -= size;
    dropped.lines += 1;
    dropped.bytes += size;
    if (first > 64 && first > lines.length / 2) {
      lines = lines.slice(first);
      first = 0;
    }
  }

  return {
    push(line) {
      lines.push(line);
      bytes += sizeOf(line);
      while (bytes > limit && first < lines.length) forgetOldest();
    },
    last(count = lines.length) {
      return lines.slice(Math.max(first, lines.length - count));
    },
    dropped,
  };
}

/** Bytes of a line with its end. */
export function sizeOf(line: string): number {
  return Buffer.byteLength(line) + 1;
}
