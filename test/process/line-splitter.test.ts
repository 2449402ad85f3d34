import { expect, test } from 'vitest';
import { createLineSplitter, MAX_LINE } from '../../src/process/line-splitter.ts';

function split(...chunks: readonly (string | Uint8Array)[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((text) => lines.push(text));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test('lines are put together from chunks, and the last needs no end', () => {
  expect(split('on', 'e\ntw', 'o\n\nthree')).toEqual(['one', 'two', '', 'three']);
});

test('a character cut in two is whole again', () => {
  const bytes = Buffer.from('é\n');
  expect(split(bytes.subarray(0, 1), bytes.subarray(1))).toEqual(['é']);
});

test('an endless line is cut, and nothing of it is lost', () => {
  const text = 'x'.repeat(3 * MAX_LINE + 5);
  const lines = split(text.slice(0, 100), text.slice(100), '\nnext\n');
  expect(lines.map((line) => line.length)).toEqual([MAX_LINE, MAX_LINE, MAX_LINE, 5, 4]);
});
