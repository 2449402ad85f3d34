import { describe, expect, test } from 'vitest';
import { parseCall } from '../../../src/cli/control/parse-call.ts';
import { dependsOnAge, requestsOf } from '../../../src/cli/control/requests.ts';

function call(line: string) {
  const words = line.split(' ');
  const [name = ''] = words;
  // telinit is a link, never a word.
  const parsed =
    name === 'telinit'
      ? parseCall(words.slice(1), { name, kind: 'upstart', verb: name })
      : parseCall(words, { name: 'initctl', kind: 'upstart' });
  if (parsed.kind !== 'call') throw new Error(`${line}: ${JSON.stringify(parsed)}`);
  return parsed.call;
}

function ask(line: string, { environment = {}, old = false } = {}) {
  const asked = requestsOf(call(line), { environment, old });
  return asked.kind === 'usage' ? asked.message : asked.requests;
}

const INSIDE = { UPSTART_JOB: 'me', UPSTART_INSTANCE: '7' };

describe('requests', () => {
  test.each([
    ['start j A=1', [{ verb: 'start', job: 'j', env: ['A=1'], wait: true }]],
    ['stop -n j', [{ verb: 'stop', job: 'j', env: [], wait: false }]],
    // The daemon says what is wrong with it.
    ['start j NOEQUALS', [{ verb: 'start', job: 'j', env: ['NOEQUALS'], wait: true }]],
    ['reload j A=1', [{ verb: 'reload', job: 'j', env: ['A=1'] }]],
    ['status j', [{ verb: 'status', job: 'j', env: [] }]],
    ['list', [{ verb: 'list' }]],
    ['emit ev A=1 =x', [{ verb: 'emit', event: 'ev', env: ['A=1', '=x'], wait: true }]],
    ['emit -n ev', [{ verb: 'emit', event: 'ev', env: [], wait: false }]],
    [
      'emit -e A=1 ev x y',
      [{ verb: 'emit', event: 'ev', env: ['A=1'], arguments: ['x', 'y'], wait: true }],
    ],
    ['show-config', [{ verb: 'show-config' }]],
    ['show-config j', [{ verb: 'show-config', job: 'j' }]],
    ['check-config j', [{ verb: 'show-config' }]],
    ['log-priority', [{ verb: 'log-priority' }]],
    ['log-priority debug', [{ verb: 'log-priority', priority: 'debug' }]],
    ['usage j', [{ verb: 'usage', job: 'j' }]],
    ['get-env FOO', [{ verb: 'get-env', name: 'FOO' }]],
    [
      'set-env -r A=1 B',
      [
        { verb: 'set-env', variable: 'A=1', retain: true },
        { verb: 'set-env', variable: 'B', retain: true },
      ],
    ],
    [
      'unset-env A B',
      [
        { verb: 'unset-env', name: 'A' },
        { verb: 'unset-env', name: 'B' },
      ],
    ],
    ['events', [{ verb: 'events', follow: true }]],
    ['events -f -t a,b --type c', [{ verb: 'events', follow: true, types: ['a', 'b', 'c'] }]],
    ['console j', [{ verb: 'console', job: 'j', instance: '', follow: false }]],
    ['console -f j 7', [{ verb: 'console', job: 'j', instance: '7', follow: true }]],
    [
      'telinit 3',
      [{ verb: 'emit', event: 'runlevel', wait: false, env: ['RUNLEVEL=3', 'PREVLEVEL=N'] }],
    ],
    [
      'telinit -t 5 -e X=1 s',
      [{ verb: 'emit', event: 'runlevel', wait: false, env: ['RUNLEVEL=S', 'PREVLEVEL=N', 'X=1'] }],
    ],
    ['telinit q', [{ verb: 'reload-configuration' }]],
  ])('%s', (line, requests) => {
    expect(ask(line)).toEqual(requests);
  });

  test('telinit knows the runlevel before from the job that it runs in', () => {
    expect(ask('telinit 6', { environment: { RUNLEVEL: '2' } })).toMatchObject([
      { env: ['RUNLEVEL=6', 'PREVLEVEL=2'] },
    ]);
  });
});

describe('inside a job', () => {
  test.each([
    ['start', [{ verb: 'start', job: 'me', instance: '7', env: [], wait: false }]],
    ['status', [{ verb: 'status', job: 'me', instance: '7', env: [] }]],
    ['reload', [{ verb: 'reload', job: 'me', instance: '7', env: [] }]],
    ['usage', [{ verb: 'usage', job: 'me' }]],
    [
      'emit ev',
      [{ verb: 'emit', event: 'ev', env: [], wait: true, from: { job: 'me', instance: '7' } }],
    ],
    ['stop other', [{ verb: 'stop', job: 'other', env: [], wait: true }]],
    ['get-env A', [{ verb: 'get-env', name: 'A', of: { job: 'me', instance: '7' } }]],
    ['get-env --global A', [{ verb: 'get-env', name: 'A' }]],
    ['reset-env', [{ verb: 'reset-env', of: { job: 'me', instance: '7' } }]],
    ['list-env -g', [{ verb: 'list-env' }]],
  ])('%s', (line, requests) => {
    expect(ask(line, { environment: INSIDE })).toEqual(requests);
  });

  test('a job of Upstart 0.3 has a number and no instance', () => {
    const environment = { UPSTART_JOB: 'me', UPSTART_JOB_ID: '12' };
    expect(ask('start', { environment })).toMatchObject([{ job: 'me', instance: '' }]);
  });

  test('half of it is not enough', () => {
    const environment = { UPSTART_JOB: 'me' };
    for (const line of ['start', 'usage', 'get-env A']) {
      expect(ask(line, { environment })).toBe('missing job name');
    }
    expect(ask('get-env -g A', { environment })).toEqual([{ verb: 'get-env', name: 'A' }]);
  });
});

describe('a daemon with jobs of Upstart 0.3 only', () => {
  test.each([
    [
      'status a b',
      [
        { verb: 'status', job: 'a', env: [] },
        { verb: 'status', job: 'b', env: [] },
      ],
    ],
    ['start a b', [{ verb: 'start', job: 'a', more: ['b'], env: [], wait: true }]],
    ['stop a', [{ verb: 'stop', job: 'a', env: [], wait: true }]],
    ['emit ev x', [{ verb: 'emit', event: 'ev', env: [], arguments: ['x'], wait: true }]],
    ['telinit 2', [{ verb: 'emit', event: 'runlevel', env: [], arguments: ['2'], wait: false }]],
  ])('%s', (line, requests) => {
    expect(ask(line, { old: true })).toEqual(requests);
  });

  test.each([
    ['start a', false],
    ['start a b', true],
    ['status a A=1', false],
    ['restart a b', false],
    ['emit ev', false],
    ['emit ev A=1', false],
    ['emit ev x', true],
    ['emit -e A=1 ev x', false],
    ['telinit 3', true],
    ['list', false],
  ])('is asked for only where it matters: %s', (line, depends) => {
    expect(dependsOnAge(call(line))).toBe(depends);
  });
});

describe("what is wrong is told in Upstart's words", () => {
  test.each([
    ['start', 'missing job name'],
    ['console', 'missing job name'],
    ['emit', 'missing event name'],
    ['get-env', 'missing variable name'],
    ['unset-env', 'missing variable name'],
    ['set-env', 'missing variable value'],
    ['list j', 'unexpected argument: j'],
    ['usage j k', 'unexpected argument: k'],
    ['telinit', 'missing runlevel'],
    ['telinit 7', 'illegal runlevel: 7'],
    ['telinit 22', 'illegal runlevel: 22'],
  ])('%s', (line, message) => {
    expect(ask(line)).toBe(message);
  });
});
