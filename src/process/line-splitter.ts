import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut into lines of this length, so that no output can fill the memory. */
export const MAX_LINE = 4096;

export interface LineSplitter {
  push(bytes: Uint8Array): void;
  /** Gives what is left without a line end. */
  end(): void;
}

/** Turns bytes into lines without their ends, at most `MAX_LINE` characters each. */
export function createLineSplitter(onLine: (text: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  function take(text: string): void {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) cut(line);
    while (rest.length >= MAX_LINE) {
      onLine(rest.slice(0, MAX_LINE));
      rest = rest.slice(MAX_LINE);
    }
  }

  function cut(line: string): void {
    let at = 0;
    do {
      onLine(line.slice(at, at + MAX_LINE));
      at += MAX_LINE;
    } while (at < line.length);
  }

  return {
    push: (bytes) => take(decoder.write(bytes)),
    end() {
      take(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
