import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whole } from '../../../src/image/ship/whole.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-whole-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
const write = async (path: string) => writeFileSync(path, 'new');

test('a file that is there is replaced', async () => {
  const to = join(folder, 'file');
  writeFileSync(to, 'old');
  await whole({ to, signal }, write);
  expect(readFileSync(to, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('a folder that is not there is named', async () => {
  const to = join(folder, 'missing/file');
  await expect(whole({ to, signal }, write)).rejects.toMatchObject({
    code: 'file-missing',
    message: `cannot write ${to}: there is no folder ${join(folder, 'missing')}`,
  });
});

test('what is no regular file stays what it is', async () => {
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  symlinkSync('elsewhere', join(folder, 'link'));
  for (const name of ['fifo', 'link']) {
    const to = join(folder, name);
    const before = lstatSync(to).ino;
    await expect(whole({ to, signal }, write)).rejects.toMatchObject({ code: 'host-io' });
    expect(lstatSync(to).ino).toBe(before);
  }
  expect(readdirSync(folder)).toEqual(['fifo', 'link']);
});
