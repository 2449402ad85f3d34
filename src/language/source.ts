import type { Span } from '../model/diagnostic.ts';

/** A text and where its lines begin, so that any offset can be named as line and column. */
export interface Source {
  readonly text: string;
  readonly lineStarts: readonly number[];
}

export function createSource(text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lineStarts.push(at + 1);
  }
  return { text, lineStarts };
}

/** Line and column from 1. The end of a text that ends in a newline is on a line of its own. */
export function positionOf(source: Source, offset: number): { line: number; column: number } {
  const { lineStarts } = source;
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: offset - (lineStarts[low] ?? 0) + 1 };
}

export function spanOf(source: Source, from: number, to: number): Span {
  const start = positionOf(source, from);
  const end = positionOf(source, to);
  return { from, to, ...start, endLine: end.line, endColumn: end.column };
}
