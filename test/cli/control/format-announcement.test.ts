import { expect, test } from 'vitest';
import { formatAnnouncement } from '../../../src/cli/control/format-announcement.ts';

const j = { job: 'j', instance: '' };

test.each([
  [
    'event',
    {
      progress: 'queued',
      event: { name: 'ev', variables: [{ name: 'A', value: '1' }] },
      serial: 3,
      failed: false,
    },
    'event    queued ev A=1',
  ],
  [
    'event',
    { progress: 'finished', event: { name: 'ev', variables: ['A=1'] }, failed: true },
    'event    finished ev A=1 FAILED',
  ],
  // Upstart 0.3: arguments, and variables besides.
  [
    'event',
    {
      progress: 'queued',
      event: {
        name: 'bar',
        variables: [{ name: 'A', value: 'a' }],
        old: { arguments: ['a', 'b'], environment: [{ name: 'A', value: 'a' }] },
      },
      failed: false,
    },
    'event    queued bar a b A=a',
  ],
  // What a job emits has both views, and is told once.
  [
    'event',
    {
      progress: 'handling',
      event: {
        name: 'started',
        variables: [
          { name: 'JOB', value: 'j' },
          { name: 'INSTANCE', value: '' },
        ],
        old: { arguments: ['j'], environment: [] },
      },
      failed: false,
    },
    'event    handling started JOB=j INSTANCE=',
  ],
  // Of a daemon whose views are not ours.
  [
    'event',
    { progress: 'queued', event: { name: 'bar', variables: [], old: { arguments: 'a' } } },
    'event    queued bar',
  ],
  ['goal', { ...j, from: 'stop', to: 'start' }, 'goal     j stop -> start'],
  [
    'state',
    { ...j, instance: '7', from: 'waiting', to: 'starting' },
    'state    j (7) waiting -> starting',
  ],
  ['process', { ...j, process: 'main', kind: 'spawn', pid: 42 }, 'process  j main process (42)'],
  [
    'process',
    { ...j, process: 'main', kind: 'exit', ending: { kind: 'signalled', signal: 'TERM' } },
    'process  j main process killed by TERM signal',
  ],
  // Of a daemon that tells more than we know of.
  ['process', { ...j, process: 'main', kind: 'exit' }, 'process  j process=main kind=exit'],
  ['notice', { text: 'a\u001b[31mb' }, 'notice   ab'],
  [
    'result',
    {
      ...j,
      result: 'failed',
      failedProcess: 'main',
      ending: { kind: 'exited', status: 3 },
      facts: {},
      phases: [],
      startedAt: 1000,
      endedAt: 2500,
    },
    'result   j failed main status 3 after 1.500 s',
  ],
  ['output', { ...j, line: { text: 'a\u001b[31mb' } }, 'output   j ab'],
  ['output', { ...j, text: 'a\u001b[31mb\u001bc' }, 'output   j text=ab'],
  [
    'progress',
    { ...j, progress: { kind: 'begin', phase: 'boot' } },
    'progress j progress={"kind":"begin","phase":"boot"}',
  ],
  ['other', 'anything', 'other    "anything"'],
  ['other', null, 'other    null'],
])('%s %j', (type, told, printed) => {
  expect(formatAnnouncement({ type, time: 1000, told })).toBe(
    `1970-01-01T00:00:01.000Z ${printed}`,
  );
});

test('a time that is none is shown as it is', () => {
  expect(formatAnnouncement({ type: 'event', time: 1e300, told: 1 })).toBe('1e+300 event    1');
});
