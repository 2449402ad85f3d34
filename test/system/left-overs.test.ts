import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apart } from '../support/domstart.ts';

const fixture = join(import.meta.dirname, 'fixtures/sessions.ts');
const program = [process.execPath, '--disable-warning=ExperimentalWarning', fixture];

// As `docker exec` and some runners of tests begin one.
const OF_ANOTHER_NAMESPACE = [...apart('pid'), '--fork', '--kill-child', '--mount-proc'];
const LEADER_GONE = ['perl', '-MPOSIX', '-e', 'POSIX::setsid(); exit if fork; exec @ARGV'];

describe.each([
  ['whose first process is gone', LEADER_GONE],
  ['that another namespace began', OF_ANOTHER_NAMESPACE],
])('whoever is in our own session, %s,', (_, launcher) => {
  test.each([
    ['survives a fork that was not written', '?process START', 'it survives'],
    ['survives a helper’s fork that was not written', '?helper START', 'it survives'],
    ['survives that the number of the session was a job’s', '+0 START', 'it survives'],
    ['survives that it had another start', '+PID 1', 'it survives'],
    ['is ended where it is listed itself', '+PID START', 'it is gone'],
  ])('%s', (_, lines, outcome) => {
    const [file = '', ...args] = [...launcher, ...program, lines];
    const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', timeout: 20_000 });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe(outcome);
  });
});
