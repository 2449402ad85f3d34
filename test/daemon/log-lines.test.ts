import { expect, test } from 'vitest';
import { type LogLine, logLineOf } from '../../src/daemon/log-lines.ts';
import type { Announcement } from '../../src/embed/announcement-feed.ts';
import type { ConfigurationNote, ProcessAnnouncement } from '../../src/engine/announcements.ts';
import { DomstartError } from '../../src/model/errors.ts';
import { createEvent } from '../../src/model/event.ts';

const run = { job: 'j', instance: '7', facts: {}, phases: [], startedAt: 0, endedAt: 1 };

test('a run that failed for want of something says what to do', () => {
  const error = new DomstartError('host-incapable', 'no kernel', { hint: 'run `domstart setup`' });
  expect(logLineOf({ type: 'result', told: { ...run, result: 'failed', error } })).toEqual({
    priority: 'warn',
    text: 'j (7) failed: no kernel (run `domstart setup`)',
  });
  expect(logLineOf({ type: 'result', told: { ...run, result: 'failed' } })).toBeUndefined();
});

const of = { job: 'j', instance: '' };
const of7 = { job: 'j', instance: '7' };
const error = new DomstartError('job-invalid', 'our words', { cause: new Error('Upstart words') });
const event = createEvent('go', [{ name: 'N', value: '1' }]);

test.each<[string, Announcement, LogLine | undefined]>([
  [
    'an event that is handled, with its variables',
    { type: 'event', told: { progress: 'handling', event, serial: 1, failed: false } },
    { priority: 'info', text: 'Handling go N=1 event' },
  ],
  [
    'an event that failed',
    { type: 'event', told: { progress: 'finished', event, serial: 1, failed: true } },
    { priority: 'debug', text: 'finished go event, failed' },
  ],
  [
    'a goal',
    { type: 'goal', told: { ...of7, from: 'stop', to: 'start' } },
    { priority: 'info', text: 'j (7) goal changed from stop to start' },
  ],
  [
    'a state',
    { type: 'state', told: { ...of, from: 'running', to: 'pre-stop' } },
    { priority: 'info', text: 'j state changed from running to pre-stop' },
  ],
  [
    'an instance that could not be made, in the words of Upstart',
    { type: 'instance', told: { kind: 'failed', job: 'j', error } },
    { priority: 'warn', text: 'Failed to obtain j instance: Upstart words' },
  ],
  [
    'a notice',
    { type: 'notice', told: { text: 'Reloading configuration' } },
    { priority: 'message', text: 'Reloading configuration' },
  ],
  [
    'a warning, its escape sequences made harmless',
    { type: 'notice', told: { text: 'odd \u001b[31mred', severity: 'warning' } },
    { priority: 'warn', text: expect.not.stringContaining('\u001b') as unknown as string },
  ],
  [
    'a defect',
    { type: 'fault', told: { error, where: 'j' } },
    { priority: 'error', text: 'j: our words' },
  ],
  ['nothing of what is told for others', { type: 'matched', told: of }, undefined],
  [
    'nothing of what a job prints',
    { type: 'output', told: { ...of, line: { source: 'main', text: 'x' } } },
    undefined,
  ],
])('%s', (_name, announcement, line) => {
  expect(logLineOf(announcement)).toEqual(line);
});

test.each<[ProcessAnnouncement, LogLine]>([
  [
    { kind: 'spawn', pid: 12 },
    { priority: 'info', text: 'j main process (12)' },
  ],
  [{ kind: 'spawn' }, { priority: 'info', text: 'j main process' }],
  [
    { kind: 'spawn-failed', error },
    { priority: 'warn', text: 'Failed to spawn j main process: Upstart words' },
  ],
  [
    { kind: 'exit', ending: { kind: 'exited', status: 0 } },
    { priority: 'info', text: 'j main process exited normally' },
  ],
  [
    { kind: 'exit', ending: { kind: 'exited', status: 3 } },
    { priority: 'warn', text: 'j main process terminated with status 3' },
  ],
  [
    { kind: 'exit', ending: { kind: 'signalled', signal: 'SEGV' } },
    { priority: 'warn', text: 'j main process killed by SEGV signal' },
  ],
  [
    { kind: 'lost', error },
    { priority: 'warn', text: 'j main process lost: our words' },
  ],
  [
    { kind: 'kill', signal: 'TERM' },
    { priority: 'info', text: 'Sending TERM signal to j main process' },
  ],
  [
    { kind: 'fork', pid: 13 },
    { priority: 'info', text: 'j main process is now 13' },
  ],
  [
    { kind: 'stopped', signal: 'STOP' },
    { priority: 'info', text: 'j main process stopped by STOP signal' },
  ],
  [{ kind: 'respawning' }, { priority: 'warn', text: 'j main process ended, respawning' }],
  [{ kind: 'respawn-limit' }, { priority: 'warn', text: 'j respawning too fast, stopped' }],
])('of a process: %j', (told, line) => {
  expect(logLineOf({ type: 'process', told: { ...of, process: 'main', ...told } })).toEqual(line);
});

test('files are told with the place of what is wrong with them, and what becomes of the job', () => {
  const told = {
    file: 'j.conf',
    line: 2,
    column: 1,
    code: 'unknown-stanza',
    message: 'Unknown stanza',
  };
  const lineOf = (more: Partial<Extract<ConfigurationNote, { effect: string }>>) =>
    logLineOf({
      type: 'configuration',
      told: { kind: 'error', effect: 'none', ...told, ...more },
    });
  expect(lineOf({})).toEqual({ priority: 'error', text: 'j.conf:2:1: Unknown stanza' });
  expect(lineOf({ kind: 'warning', effect: 'defined', hint: 'write it so' })).toEqual({
    priority: 'warn',
    text: 'j.conf:2:1: Unknown stanza (write it so)',
  });
  expect(lineOf({ effect: 'kept' })?.text).toBe(
    'j.conf:2:1: Unknown stanza; the job stays as it was',
  );
  const load = { kind: 'load', job: 'sub/j', file: 'sub/j.conf' } as const;
  expect(logLineOf({ type: 'configuration', told: load })?.text).toBe(
    'Loading sub/j from sub/j.conf',
  );
});
