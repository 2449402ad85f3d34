import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFile } from '../../src/system/exclusive-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-exclusive-'));
  path = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Another process that takes the file and says whether it has it; it lives until it is killed. */
async function another() {
  const source = resolve(import.meta.dirname, '../../src/system/exclusive-file.ts');
  const program = `
    const { takeFile } = await import(process.argv[1]);
    globalThis.taken = takeFile(process.argv[2]);
    process.stdout.write(globalThis.taken === undefined ? 'refused' : 'taken');
    setInterval(() => {}, 1e6);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, source, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = await once(child.stdout, 'data');
  return {
    said: String(said),
    async kill() {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

test('who has it keeps others from it until it is given back', () => {
  const taken = takeFile(path);
  expect(taken).toBeDefined();
  expect(takeFile(path)).toBeUndefined();
  taken?.[Symbol.dispose]();
  using again = takeFile(path);
  expect(again).toBeDefined();
});

test('another process is kept from it, and has it when it is free', async () => {
  const taken = takeFile(path);
  const first = await another();
  await first.kill();
  taken?.[Symbol.dispose]();
  const second = await another();
  try {
    expect([first.said, second.said]).toEqual(['refused', 'taken']);
    expect(takeFile(path)).toBeUndefined();
  } finally {
    await second.kill();
  }
});

test('a process that was killed has given it back', async () => {
  const dead = await another();
  await dead.kill();
  expect(dead.said).toBe('taken');
  using taken = takeFile(path);
  expect(taken).toBeDefined();
});

test('no second file lies about', () => {
  const taken = takeFile(path);
  expect(readdirSync(folder)).toEqual(['lock']);
  taken?.[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual(['lock']);
});

test('where there can be no file, it throws instead of saying that somebody has it', () => {
  expect(() => takeFile(join(folder, 'none/lock'))).toThrow('unable to open');
  expect(existsSync(join(folder, 'none'))).toBe(false);
});
