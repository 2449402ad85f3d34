import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-options-'));
  writeFileSync(join(folder, 'file'), '');
  symlinkSync('loop', join(folder, 'loop'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['--logdir', 'file', 74, 'is no folder'],
  ['--logdir', 'file/below', 74, 'ENOTDIR'],
  ['--logdir', 'loop', 74, 'ELOOP'],
  ['--outputdir', 'file', 74, 'is no folder'],
  ['--state', 'file', 74, 'is no folder'],
  ['--startup-event', '', 64, 'names no event'],
])('a daemon does not start with %s %j', async (option, value, status, why) => {
  await using cli = await commandLine();
  const words = ['--confdir', folder, '--socket', join(folder, 'control')];
  const given = value === '' ? value : join(folder, value);
  const end = await cli.run(['daemon', ...words, option, given]);
  expect(end.stderr).toContain(why);
  expect(end.status).toBe(status);
});
