export interface BoundedLines {
  push(chunk: Buffer): void;
  /** Nothing comes any more: what is left without an end is a line, too. */
  end(): void;
}

export interface BoundedLinesOptions {
  /** Bytes of one line, without its end. */
  readonly limit: number;
  readonly onLine: (line: string) => void;
  /** A line is longer; whatever comes after that is thrown away. */
  readonly onTooLong: () => void;
}

const NEWLINE = 0x0a;

/** Turns bytes into whole lines, and never keeps more of an unfinished one than `limit`. */
export function createBoundedLines({
  limit,
  onLine,
  onTooLong,
}: BoundedLinesOptions): BoundedLines {
  let parts: Buffer[] = [];
  let size = 0;
  let broken = false;
  return {
    push(chunk) {
      for (let from = 0; !broken; ) {
        const at = chunk.indexOf(NEWLINE, from);
        const part = chunk.subarray(from, at < 0 ? chunk.length : at);
        size += part.length;
        if (size > limit) {
          broken = true;
          parts = [];
          onTooLong();
          return;
        }
        if (at < 0) {
          if (part.length > 0) parts.push(part);
          return;
        }
        const line = parts.length === 0 ? part : Buffer.concat([...parts, part]);
        parts = [];
        size = 0;
        from = at + 1;
        onLine(line.toString('utf8'));
      }
    },
    end() {
      const rest = Buffer.concat(parts);
      parts = [];
      size = 0;
      if (!broken && rest.length > 0) onLine(rest.toString('utf8'));
    },
  };
}
