import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { daemonRig, stop } from '../support/daemon.ts';

const root = resolve(import.meta.dirname, '../..');
const JOB = 'jobs/rc-noklus.conf';

function domstart(args: readonly string[], output: string, env: NodeJS.ProcessEnv = {}) {
  const stdout = openSync(output, 'w');
  const { status, stderr } = spawnSync(resolve(root, 'bin/domstart'), args, {
    cwd: root,
    stdio: ['ignore', stdout, 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
    encoding: 'utf8',
  });
  closeSync(stdout);
  return { status, stderr };
}

const FULL = {
  status: 74,
  stderr: expect.stringMatching(/^domstart: cannot write to standard output: ENOSPC.*\n$/),
};

test.each([
  ['--help'],
  ['--version'],
  ['daemon --print-unit'],
  [`check --json ${JOB}`],
  [`show-config ${JOB}`],
  [`guest show ${JOB}`],
  ['completion bash'],
  ['list --help'],
])('%s on a disk that is full', (command) => {
  expect(domstart(command.split(' '), '/dev/full')).toEqual(FULL);
});

test('a command for a daemon on a disk that is full', async () => {
  await using rig = daemonRig();
  rig.file('jobs/web.conf', 'exec sleep 1000\n');
  const daemon = await rig.daemon();
  expect(domstart(['list'], '/dev/full', { DOMSTART_SOCKET: rig.socket })).toEqual(FULL);
  await stop(daemon);
});
