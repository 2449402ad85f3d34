import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { JobDefinition, ProcessSpec } from '../../src/model/job.ts';
import { may } from '../../src/process/host-rights.ts';
import { exec, mainRig, script } from './main-rig.ts';

/** What a failed spawn says, in Upstart's words; fails the test where it is no failure. */
async function faultOf(spec: ProcessSpec, fields: Partial<JobDefinition>): Promise<string> {
  const { main } = mainRig(spec, { fields });
  const error = await Promise.resolve(main.spawn()).then(
    async ({ ended }) => {
      throw new Error(`it ran: ${JSON.stringify(await ended)}`);
    },
    (it: Error) => it,
  );
  expect(error).toMatchObject({ hint: expect.stringMatching(/./) });
  return (error.cause as Error).message;
}

const isRoot = process.getuid?.() === 0;
const wrapped: Partial<JobDefinition> = { umask: 0o22 };
const noFile = 'unable to execute: No such file or directory';
const noLeave = 'unable to execute: Permission denied';

test.each<[string, ProcessSpec, Partial<JobDefinition>, string]>([
  ['a missing program', exec('/no/such x'), {}, noFile],
  ['one behind an attribute', exec('/no/such x'), wrapped, noFile],
  ['one that no folder of PATH has', exec('no-such-program'), wrapped, noFile],
  ['no execution', exec('/etc/passwd'), {}, noLeave],
  ['no execution behind an attribute', exec('/etc/passwd'), wrapped, noLeave],
  ['a folder as program', exec('/usr'), wrapped, noLeave],
  [
    'chdir',
    exec('true'),
    { chdir: '/no/such' },
    'unable to change working directory: No such file or directory',
  ],
  [
    'chdir to a file',
    exec('true'),
    { chdir: '/etc/passwd' },
    'unable to change working directory: Not a directory',
  ],
  [
    'chdir behind an attribute',
    exec('true'),
    { ...wrapped, chdir: '/no/such' },
    'unable to change working directory: No such file or directory',
  ],
  ['setuid', exec('true'), { setuid: 'no-such' }, 'unable to find setuid user'],
  ['setgid', exec('true'), { setgid: 'no-such' }, 'unable to find setgid group'],
  [
    'chroot',
    exec('true'),
    { chroot: '/no/such' },
    'unable to change root directory: No such file or directory',
  ],
  [
    'chroot to a file',
    exec('true'),
    { chroot: '/etc/passwd' },
    'unable to change root directory: Not a directory',
  ],
  [
    'a soft limit over the hard one',
    exec('true'),
    { limits: { nofile: { soft: 9, hard: 8 } } },
    'unable to set "nofile" resource limit: Invalid argument',
  ],
  [
    'more files than Linux gives',
    exec('true'),
    { limits: { nofile: { soft: 9, hard: null } } },
    'unable to set "nofile" resource limit: Operation not permitted',
  ],
  [
    'limits before the root',
    exec('true'),
    { chroot: '/no/such', limits: { nofile: { soft: 9, hard: 8 } } },
    'unable to set "nofile" resource limit: Invalid argument',
  ],
])('%s is a failed spawn', async (_name, spec, fields, text) => {
  expect(await faultOf(spec, fields)).toBe(text);
});

test.skipIf(may('resource'))('a score that we may not give is a failed spawn', async () => {
  const fault = await faultOf(exec('true'), { oomScore: -1000 });
  expect(fault).toBe('unable to set oom adjustment: Permission denied');
});

test.skipIf(may('nice'))('a nice value that we may not give is a failed spawn', async () => {
  expect(await faultOf(exec('true'), { nice: -20 })).toBe(
    'unable to set priority: Permission denied',
  );
});

test.skipIf(isRoot)('without rights a root and a user are failed spawns', async () => {
  const notPermitted = 'Operation not permitted';
  expect(await faultOf(exec('true'), { chroot: '/' })).toBe(
    `unable to change root directory: ${notPermitted}`,
  );
  expect(await faultOf(exec('true'), { setuid: 'daemon' })).toBe(
    `unable to setgid: ${notPermitted}`,
  );
});

test('a script whose first line names what is not there is a failed spawn', async () => {
  const file = join(folder(), 'script');
  writeFileSync(file, '#!/no/such/shell\n');
  chmodSync(file, 0o755);
  expect(await faultOf(exec(file), wrapped)).toBe(noFile);
  expect(await faultOf(exec(file), {})).toBe(noFile);
});

test.skipIf(!isRoot)('a program is looked for inside the root, links and all', async () => {
  const root = folder();
  mkdirSync(join(root, 'bin'));
  symlinkSync('/bin/real', join(root, 'bin/linked'));
  symlinkSync('../../../../../usr/bin/true', join(root, 'bin/outside'));
  for (const program of ['/bin/linked', '/bin/outside', 'true', '/bin/true']) {
    expect(await faultOf(exec(program), { chroot: root })).toBe(noFile);
  }
  expect(await faultOf(script('true'), { chroot: root })).toBe(noFile);
  writeFileSync(join(root, 'bin/real'), '');
  expect(await faultOf(exec('/bin/linked'), { chroot: root })).toBe(noLeave);
});

test.skipIf(!isRoot)('what another user may not execute is a failed spawn', async () => {
  const parent = folder();
  chmodSync(parent, 0o755);
  const file = join(parent, 'private');
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o700);
  expect(await faultOf(exec(file), { setuid: 'nobody' })).toBe(noLeave);
});

test('in event.d a process that cannot be set up ends with 255, and says why', async () => {
  for (const fields of [{}, wrapped, { chdir: '/no/such' }]) {
    const { main, warnings } = mainRig(exec('/no/such/program'), {
      fields: { dialect: 'event.d', ...fields },
    });
    const { pid, ended } = await main.spawn();
    expect(pid).toBeGreaterThan(1);
    expect(await ended).toEqual({ kind: 'exited', status: 255 });
    expect(warnings()).toEqual([expect.stringMatching(/^cannot run j main: there is no /)]);
  }
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
