import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { giveBack, openOutputPipe } from '../../src/process/output-pipe.ts';
import { ownerName } from '../../src/system/owner-name.ts';
import { pidNamespace } from '../../src/system/proc.ts';

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

test('nothing of them is left: not when descriptors run out, nor by one that was killed', () => {
  const tmp = mkdtempSync(join(tmpdir(), 'domstart-few-'));
  onTestFinished(() => rmSync(tmp, { recursive: true }));
  const dead = join(tmp, `domstart-pipes-${pidNamespace()}.4194305.1.aaaaaaaa`);
  const living = `domstart-pipes-${ownerName()}`;
  const link = `domstart-pipes-${pidNamespace()}.4194305.2.aaaaaaaa`;
  mkdirSync(dead);
  writeFileSync(join(dead, '0'), '');
  mkdirSync(join(tmp, living));
  symlinkSync(living, join(tmp, link));
  const fixture = join(import.meta.dirname, 'fixtures/pipes-until-none.ts');
  const { stdout } = spawnSync('prlimit', ['--nofile=80:80', process.execPath, fixture], {
    env: { ...process.env, TMPDIR: tmp },
    encoding: 'utf8',
  });
  expect(stdout).toBe('EMFILE\n');
  expect(readdirSync(tmp).sort()).toEqual([living, link].sort());
});
