import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openJournal } from '../../src/store/journal.ts';
import { commandLine } from '../support/domstart.ts';
import { ManualClock } from '../support/manual-clock.ts';

let state: string;
beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'domstart-history-'));
  const onProblem = (error: Error) => {
    throw error;
  };
  const limits = { days: 1e6 };
  await using journal = await openJournal({
    folder: state,
    clock: new ManualClock(),
    onProblem,
    limits,
  });
  const { runLog } = journal;
  const startedAt = Date.UTC(2026, 10, 26, 12, 30);
  const run = { job: 'rc-noklus', instance: './mine.sh', startedAt };
  runLog.begin(run);
  runLog.event({
    serial: 1,
    name: 'starting',
    variables: [{ name: 'JOB', value: 'rc-noklus\u001b[2J' }],
    at: startedAt,
    run,
  });
  runLog.event({ serial: 2, name: 'domain-ready', variables: [], at: startedAt + 1700, run });
  runLog.end(run, {
    result: 'failed',
    failedProcess: 'main',
    error: {
      code: 'guest-failed',
      message: 'the kernel panicked\u001b[2J',
      hint: 'look at its console',
    },
    endedAt: startedAt + 2500,
    facts: { machine: 'qemu pc, tcg', image: 'busybox', memoryUsed: 10_240 },
    phases: [
      { phase: 'image', ms: 500 },
      { phase: 'boot', ms: 2000 },
    ],
  });
});
afterAll(() => rmSync(state, { recursive: true }));

test('a run with its phases on a time line, what it ran in, its error and its events', async () => {
  await using cli = await commandLine();
  const { stdout, stderr, status } = await cli.run(['show', './mine.sh', '--state', state]);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  expect(stdout.trimEnd().split('\n')).toEqual([
    'rc-noklus (./mine.sh): failed, guest failed, 2.50 s in all',
    '  run 1, from 2026-11-26 12:30:00.000 UTC until 2026-11-26 12:30:02.500 UTC',
    '',
    expect.stringMatching(/^ {2}image {2}█{7} {31}500 ms$/),
    expect.stringMatching(/^ {2}boot {3} {7}█{28} {3}2\.00 s$/),
    '',
    '  10.0 MB of memory in use in the guest',
    '  qemu pc, tcg; busybox',
    '',
    '  error: the kernel panicked',
    '  hint: look at its console',
    '',
    '      +0 ms  starting JOB=rc-noklus  (not finished)',
    '    +1.70 s  domain-ready  (not finished)',
  ]);
});

test.each([
  [['show', '7'], 64, 'no run 7 is in the journal'],
  [['show', 'nix'], 64, 'no run nix is in the journal'],
  [['history', '--limit', '0'], 64, 'from 1 on'],
  [['show'], 64, 'missing required argument'],
])('%j is refused', async (words, status, why) => {
  await using cli = await commandLine();
  const end = await cli.run(words, { env: { DOMSTART_STATE: state } });
  expect(end.stderr).toContain(why);
  expect({ status: end.status, stdout: end.stdout }).toEqual({ status, stdout: '' });
});

test.each(['history', 'show 1'])('without a journal %s says where it looked', async (words) => {
  await using cli = await commandLine();
  const none = join(state, 'none');
  const end = await cli.run([...words.split(' '), '--state', none]);
  expect({ status: end.status, stdout: end.stdout }).toEqual({ status: 66, stdout: '' });
  expect(end.stderr).toContain(`no journal: ${none}/journal.db does not exist`);
});

test('no runs of a job are no failure', async () => {
  await using cli = await commandLine();
  const end = await cli.run(['history', 'nix', '--state', state]);
  expect(end).toEqual({ status: 0, stdout: '', stderr: 'no runs of nix\n' });
});
