/** The last lines of a console, in at most `limit` bytes (UTF-8, line ends included). */
export interface LineRing {
  push(line: string): void;
  /** The last `count` lines that are still held, oldest first; all where no count is given. */
  last(count?: number): string[];
}

export function createLineRing(limit: number): LineRing {
  let lines: string[] = [];
  /** Lines before this one are forgotten; they go for good when they are the larger half. */
  let first = 0;
  let bytes = 0;

  function forgetOldest(): void {
    bytes -= sizeOf(lines[first] ?? '');
    lines[first] = '';
    first += 1;
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
  };
}

/** Bytes of a line with its end. */
function sizeOf(line: string): number {
  return Buffer.byteLength(line) + 1;
}
