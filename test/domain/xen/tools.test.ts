import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLastWords } from '../../../src/domain/xen/last-words.ts';
import { findXenTools, isDom0, type XenSources } from '../../../src/domain/xen/tools.ts';

let folder: string;
let dom0: XenSources;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'domstart-test-'));
  await writeFile(join(folder, 'capabilities'), 'control_d\n');
  await writeFile(join(folder, 'xl'), '#!/bin/sh\n', { mode: 0o755 });
  dom0 = { path: folder, uid: 0, capabilities: join(folder, 'capabilities'), version: folder };
});

afterEach(() => rm(folder, { recursive: true }));

test('an xl on PATH does, where those of the running version are not at the usual place', () => {
  const xl = join(folder, 'xl');
  expect(findXenTools(dom0)).toEqual({ xl, console: [xl, 'console'] });
});

test.each<[string, XenSources, RegExp]>([
  ['no Dom0', { capabilities: '/nowhere' }, /not Dom0/],
  ['not root', { uid: 1000 }, /only root/],
  ['no xl', { path: '/nowhere' }, /no `xl`/],
])('%s', (_, sources, message) => {
  const find = () => findXenTools({ ...dom0, ...sources });
  expect(find).toThrow(message);
  expect(find).toThrow(
    expect.objectContaining({ code: 'host-incapable', hint: expect.any(String) }),
  );
});

test('a guest of Xen is no Dom0', async () => {
  const capabilities = join(folder, 'guest');
  await writeFile(capabilities, '\n');
  await mkdir(join(folder, 'lib'));
  expect(isDom0(capabilities)).toBe(false);
});

test.each([
  ['[    4.7] reboot: System halted\r\n', true],
  ['[    4.7] reboot: Power down\r\n', true],
  ['reboot: Restarting system\n', true],
  ['reboot: Power down', false],
  ['reboot: Power down\r\nmore', false],
  ['x\n'.repeat(1000), false],
])('the last words of a kernel: %j', (text, said) => {
  const bytes = Buffer.from(text);
  for (const cut of [0, 3, bytes.length]) {
    const words = createLastWords();
    words.push(bytes.subarray(0, cut));
    words.push(bytes.subarray(cut));
    expect(words.said).toBe(said);
  }
});
