import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takeOut } from '../../src/archive/take-out.ts';
import { apart } from '../support/domstart.ts';
import { inChunks, raw, tar } from './raw-tar.ts';

const program = join(import.meta.dirname, 'fixtures/take-out.ts');
/** Node takes its time to start where much else runs. */
const patience = { timeout: 60_000 };
vi.setConfig({ testTimeout: 120_000 });

const isRoot = process.getuid?.() === 0;

let folder: string;
let into: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  into = join(folder, 'out');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(command: readonly string[]) {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  // It may be done before it has read all.
  child.stdin.on('error', () => {});
  return child;
}

async function run(command: readonly string[], bytes: Buffer) {
  const child = start(command);
  child.stdin.end(bytes);
  const said = await text(child.stdout);
  expect(said).not.toBe('');
  return JSON.parse(said);
}

const items = tar(
  { name: 'd', type: '5', mode: '0000555\0' },
  { name: 'd/f', content: 'abc', uid: '0001750\0', mode: '0004000\0' },
  { name: 'd/l', type: '2', target: 'f' },
);

test('an ordinary user takes out: all of it is theirs', async (context) => {
  const uid = isRoot ? 54_321 : process.getuid?.();
  const within = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'] : [];
  const readable = start([
    ...within,
    process.execPath,
    '-e',
    `require('fs').readFileSync('${program}')`,
  ]);
  const [status] = await once(readable, 'exit');
  context.skip(status !== 0, 'the clone is not for everybody');
  chmodSync(folder, 0o700);
  if (isRoot) chownSync(folder, 54_321, 54_321);
  const answer = await run([...within, process.execPath, program, into], items);
  expect(answer.taken.map((one: { path: string }) => one.path)).toEqual(['d', 'd/f', 'd/l']);
  for (const name of ['', 'd', 'd/f', 'd/l']) expect(lstatSync(join(into, name)).uid).toBe(uid);
  expect(lstatSync(join(into, 'd')).mode & 0o7777).toBe(0o755 & ~process.umask());
  expect(lstatSync(join(into, 'd/f')).mode & 0o7777).toBe(0o400);
  expect(readdirSync(folder)).toEqual(['out']);
});

test.each([
  ['in a file', tar({ name: 'd/f' }, { name: 'g', content: Buffer.alloc(3_000_000) })],
  ['in names', tar(...Array.from({ length: 300 }, (_, n) => ({ name: `f${n}` })))],
])('a disk that is full (%s): one clear error, and nothing is left', async (_name, bytes) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  // What is left there can only be seen from inside.
  const script = `mount -t tmpfs -o size=1m,nr_inodes=200,mode=700 domstart "$0"; "$@" "$0/out"; ls -A "$0"`;
  const child = start([...apart('mount'), 'sh', '-c', script, disk, process.execPath, program]);
  child.stdin.end(bytes);
  const [answer, ...left] = (await text(child.stdout)).trim().split('\n');
  expect(JSON.parse(answer ?? '')).toEqual({
    error: {
      name: 'DomstartError',
      code: 'host-io',
      message: `cannot take out what is in the tar into ${disk}/out: no space left on device (ENOSPC)`,
      hint: 'free some space there, or choose a folder on another disk',
    },
  });
  expect(left).toEqual([]);
});

test('what a killed process left is removed by the next one, and what a living one makes is not', async () => {
  const killed = start([process.execPath, program, into]);
  killed.stdin.write(raw({ name: 'd/f', content: Buffer.alloc(100_000) }));
  const here = () => readdirSync(folder).filter((name) => name.startsWith('.domstart-taking.'));
  await vi.waitFor(() => expect(here()).toHaveLength(1), patience);
  const [left = ''] = here();
  await vi.waitFor(() => expect(readdirSync(join(folder, left, 'd'))).toEqual(['f']), patience);

  const other = start([process.execPath, program, join(folder, 'other')]);
  other.stdin.write(items.subarray(0, 512));
  await vi.waitFor(() => expect(here()).toHaveLength(2), patience);

  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(here()).toContain(left);
  await takeOut({ tar: inChunks(items, 512), into, limits: { bytes: 1000, count: 10 } });
  expect(here()).toHaveLength(1);
  expect(here()).not.toContain(left);
  other.stdin.end(items.subarray(512));
  expect(JSON.parse(await text(other.stdout)).taken).toHaveLength(3);
  expect(readdirSync(folder).sort()).toEqual(['other', 'out']);
});
