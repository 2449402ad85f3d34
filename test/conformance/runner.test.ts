/** What `npm run conformance` says and does when it is not simply given whole scenarios. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { isAlive } from '../support/alive.ts';

const PROGRAM = [
  '--disable-warning=ExperimentalWarning',
  join(import.meta.dirname, 'main.ts'),
] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-runner-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** Its own folders are made in `tmp`. */
function environment(): Record<string, string> {
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  return { PATH: process.env['PATH'] ?? '', TMPDIR: join(folder, 'tmp') };
}

function run(args: readonly string[], more: Record<string, string> = {}) {
  const env = { ...environment(), ...more };
  const { status, stdout, stderr } = spawnSync(process.execPath, [...PROGRAM, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const JOB = 'start on never\nexec true\n';
const LISTED = {
  commands: 'initctl list\n',
  'expected.log':
    '== boot\nT| load a.conf\nT| queued startup\nT| handling startup\nT| finished startup\n' +
    '== 1: initctl list\nC| a stop/waiting\nR| 0\n',
  'jobs/a.conf': JOB,
};

const inFolder = (name: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text]));

test('--help tells what it takes', () => {
  const { status, stdout, stderr } = run(['--help']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const word of ['DIR', 'expected.log', '--json', '--at-once', '64', 'skipped']) {
    expect(stdout).toContain(word);
  }
});

test.each([
  [['nowhere'], /^conformance: there is no folder \S+\/nowhere\n$/],
  [['file'], /^conformance: \S+\/file is no folder\n$/],
  [['--nix'], /^conformance: Unknown option '--nix' \(--help .*\)\n$/],
  [['--at-once', '0'], /^conformance: --at-once wants a number from 1 on, not "0"\n$/],
  [['--at-once'], /^conformance: .*--at-once.*\n$/],
])('%j is wrong usage, in one line', (args, said) => {
  write({ file: '' });
  const { status, stdout, stderr } = run(args);
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
  expect(stderr).toMatch(said);
});

test('a folder without scenarios has failed', () => {
  mkdirSync(join(folder, 'empty'));
  expect(run(['empty'])).toEqual({
    status: 1,
    stdout: `FAILED empty\nno scenario: neither ${folder}/empty nor a folder in it is one\n\n0 passed, 1 failed\n`,
    stderr: '',
  });
});

test('a broken scenario has failed, and the others are played', () => {
  const { commands, 'expected.log': expected, ...jobs } = LISTED;
  write({
    ...inFolder('all/no-record', { commands, ...jobs }),
    ...inFolder('all/no-steps', { 'expected.log': expected, ...jobs }),
    ...inFolder('all/no-jobs', { commands, 'expected.log': expected }),
    ...inFolder('all/whole', LISTED),
    'all/no-folder': '',
  });
  const { status, stdout, stderr } = run(['all']);
  expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
  expect(stdout).toContain('FAILED no-record\nno whole scenario: it has no expected.log\n');
  expect(stdout).toContain('FAILED no-steps\nno whole scenario: it has no commands\n');
  expect(stdout).toContain('FAILED no-jobs\nno whole scenario: it has neither jobs nor event.d\n');
  expect(stdout).toMatch(/\n1 passed, 3 failed\n$/);
});

test('paths count from where npm was called', () => {
  const caller = join(folder, 'caller');
  write(inFolder('caller/here', LISTED));
  const called = { npm_lifecycle_event: 'conformance', INIT_CWD: caller };
  expect(run(['here'], called)).toEqual({ status: 0, stdout: '1 passed, 0 failed\n', stderr: '' });
  // A variable that another script of npm's has left is not meant for us.
  const { status, stderr } = run(['here'], { ...called, npm_lifecycle_event: 'test' });
  expect({ status, stderr }).toEqual({
    status: 64,
    stderr: `conformance: there is no folder ${folder}/here\n`,
  });
});

test('--json tells of broken ones too', () => {
  mkdirSync(join(folder, 'empty'));
  const { status, stdout, stderr } = run(['--json', 'empty']);
  expect({ status, stderr }).toEqual({ status: 1, stderr: '0 passed, 1 failed\n' });
  expect(JSON.parse(stdout)).toMatchObject({ name: 'empty', passed: false });
});

const hasNamespaces = spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0;

test.skipIf(!hasNamespaces)('what needs rights that are not there is skipped, and says why', () => {
  write(inFolder('user', { ...LISTED, 'jobs/a.conf': 'setuid nobody\nexec true\n' }));
  // As an ordinary user, who is root of the namespace that it is played in.
  const args = ['--user', '--map-root-user', process.execPath, ...PROGRAM, 'user'];
  const { status, stdout } = spawnSync('unshare', args, {
    cwd: folder,
    env: environment(),
    encoding: 'utf8',
  });
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout:
      'skipped user: cannot run a main: it cannot run as another user or group ' +
      '(EPERM, Operation not permitted)\n0 passed, 0 failed, 1 skipped\n',
  });
});

const { commands: _, ...rest } = LISTED;
test.each([
  ['SIGTERM', 'jobs'],
  ['SIGINT', 'event.d'],
] as const)('%s ends all that was begun, and then itself (%s)', async (signal, jobs) => {
  const { 'jobs/a.conf': job, 'expected.log': expected } = rest;
  const name = jobs === 'jobs' ? 'jobs/a.conf' : 'event.d/a';
  write({
    ...inFolder('all/slow', { commands: 'sleep 60\n', 'expected.log': expected, [name]: job }),
    ...inFolder('all/later', { commands: 'sleep 60\n', 'expected.log': expected, [name]: job }),
  });
  const program = [...PROGRAM, '--at-once', '1', 'all'];
  const child = spawn(process.execPath, program, {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const ended = once(child, 'close');
  const played = await vi.waitFor(() => {
    const family = descendantsOf(child.pid as number);
    expect(family.some((pid) => cmdlineOf(pid).includes('--exactly'))).toBe(true);
    return family;
  }, 20_000);
  child.kill(signal);
  expect(await ended).toEqual([null, signal]);
  expect(said).toBe('0 passed, 0 failed, 2 not played\n');
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  expect(played.filter(isAlive)).toEqual([]);
});

function descendantsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
  const pids = children.split(' ').filter(Boolean).map(Number);
  return [...pids, ...pids.flatMap(descendantsOf)];
}

function cmdlineOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
}
