/**
 * Root of a namespace of users has every right in /proc/self/status, and few of them. What it lacks
 * is found before the spawn; behind it, it would be status 127 of setpriv.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { JobDefinition } from '../../src/model/job.ts';

const fixture = join(import.meta.dirname, 'fixtures/faults-as-user.ts');
const program = [process.execPath, '--disable-warning=ExperimentalWarning', fixture];
const hasNamespaces = spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0;
const asRoot = 'run Domstart as root, or take the stanza out';

const wordsOf = (jobs: readonly Partial<JobDefinition>[]) => jobs.map((job) => JSON.stringify(job));

test.skipIf(!hasNamespaces)('rights that only root of the host has are missed', () => {
  const jobs = [
    {},
    { setuid: 'no-such' },
    { nice: -20 },
    { setuid: 'nobody' },
    { setgid: 'daemon' },
    // Also without another id: the groups that its maker had cannot be given up.
    { setuid: 'root' },
  ];
  const args = ['--user', '--map-root-user', ...program, ...wordsOf(jobs)];
  const found = execFileSync('unshare', args, { encoding: 'utf8' });
  expect(found.trimEnd().split('\n')).toEqual([
    'ok',
    expect.stringMatching(/^unable to find setuid user; /),
    `unable to set priority: Permission denied; ${asRoot}`,
    `unable to setgid: Operation not permitted; ${asRoot}`,
    `unable to setgid: Operation not permitted; ${asRoot}`,
    `unable to setgid: Operation not permitted; ${asRoot}`,
  ]);
});

/** Root of the host makes one that may set groups, and has one user and one group. */
async function faultsInMade(jobs: readonly Partial<JobDefinition>[]): Promise<string[]> {
  const args = ['sh', '-c', 'echo; read -r go; exec "$@"', 'sh', ...program, ...wordsOf(jobs)];
  const child = spawn('unshare', ['--user', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'readable');
  for (const map of ['uid_map', 'gid_map']) writeFileSync(`/proc/${child.pid}/${map}`, '0 0 1\n');
  child.stdin.end('go\n');
  return (await text(child.stdout)).trim().split('\n');
}

const mayMake = process.getuid?.() === 0 && hasNamespaces;

test.skipIf(!mayMake)('ids that the namespace does not have are missed', async () => {
  const found = await faultsInMade([
    { setuid: 'root' },
    { setgid: 'daemon' },
    { setuid: 'nobody' },
    { setuid: 'nobody', setgid: 'root' },
  ]);
  const map =
    'the user namespace that Domstart runs in has no such id: map it, or take the stanza out';
  expect(found).toEqual([
    'ok',
    `unable to setgid: Invalid argument; ${map}`,
    `unable to setgid: Invalid argument; ${map}`,
    `unable to setuid: Invalid argument; ${map}`,
  ]);
});
