import { closeSync, readSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { giveBack, openOutputPipe } from '../../src/process/output-pipe.ts';

function read(input: number): string | undefined {
  const piece = Buffer.alloc(100);
  try {
    return piece.toString('utf8', 0, readSync(input, piece, 0, piece.length, null));
  } catch {
    return undefined;
  }
}

test('a pipe is read without waiting, is at its end without writers, and works again', () => {
  const first = openOutputPipe();
  expect(read(first.input)).toBeUndefined();
  writeSync(first.output, 'one');
  expect(read(first.input)).toBe('one');
  expect(read(first.input)).toBeUndefined();
  closeSync(first.output);
  expect(read(first.input)).toBe('');
  giveBack(first.input);
  const second = openOutputPipe();
  expect(second.input).toBe(first.input);
  expect(read(second.input)).toBeUndefined();
  closeSync(second.output);
  giveBack(second.input);
});

test('each that is in use is another', () => {
  const pipes = Array.from({ length: 30 }, openOutputPipe);
  for (const [at, { output }] of pipes.entries()) writeSync(output, String(at));
  expect(pipes.map(({ input }) => read(input))).toEqual(pipes.map((_, at) => String(at)));
  for (const { input, output } of pipes) {
    closeSync(output);
    giveBack(input);
  }
});
