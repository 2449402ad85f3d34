import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

const MB = 1_000_000;

/** Bytes without sense that are the same each time. */
function garbage(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

type Case = readonly [name: string, contents: () => Buffer | string, codes: readonly string[]];

/** Errors that each of them has; none where it is a valid job. */
const CASES: readonly Case[] = [
  ['10 MB of garbage', () => garbage(10 * MB), ['unknown-stanza']],
  ['10 MB of NUL bytes', () => Buffer.alloc(10 * MB), []],
  ['10 MB of bytes that are no UTF-8', () => Buffer.alloc(10 * MB, 0xff), ['unknown-stanza']],
  ['10 MB on one line', () => 'a'.repeat(10 * MB), ['unknown-stanza']],
  ['CRLF', () => 'nice 5\r\n'.repeat(100_000), []],
  ['a byte order mark', () => '\uFEFFtask\nexec true\n', ['unknown-stanza']],
  ['a script of 100,000 lines', () => `script\n${'echo a\n'.repeat(100_000)}end script\n`, []],
  ['10,000 nested parentheses', () => `start on ${'('.repeat(10_000)}a${')'.repeat(10_000)}\n`, []],
  [
    '10,000 parentheses left open',
    () => `start on ${'('.repeat(10_000)}a\n`,
    ['mismatched-parentheses'],
  ],
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-huge-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(CASES)('%s ends in a verdict', async (name, contents, codes) => {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, contents());
  await using cli = await commandLine();
  const { status, stdout, stderr } = await cli.run(['check', '--json', file]);
  expect(stderr).toBe('');
  const { valid, diagnostics } = JSON.parse(stdout);
  const errors: string[] = diagnostics
    .filter(({ severity }: { severity: string }) => severity === 'error')
    .map(({ code }: { code: string }) => code);
  expect([status, valid]).toEqual(codes.length === 0 ? [0, true] : [65, false]);
  expect(codes.filter((code) => !errors.includes(code))).toEqual([]);
  expect(stdout.length).toBeLessThan(200_000);
});
