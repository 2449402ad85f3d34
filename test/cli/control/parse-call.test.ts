import { describe, expect, test } from 'vitest';
import { parseCall } from '../../../src/cli/control/parse-call.ts';
import { DOMSTART, type Speaker, speakerOf } from '../../../src/cli/control/speaker.ts';

const INITCTL: Speaker = { name: 'initctl', kind: 'upstart' };
const START: Speaker = { name: 'start', kind: 'upstart', verb: 'start' };

function parse(line: string, speaker = INITCTL) {
  const parsed = parseCall(line.split(' ').filter(Boolean), speaker);
  if (parsed.kind !== 'call') return parsed;
  const { verb, words, flags, values } = parsed.call;
  return [verb, words, [...flags], Object.fromEntries(values)];
}

describe('options stand where initctl lets them stand', () => {
  test.each([
    ['list', ['list', [], [], {}]],
    ['start j', ['start', ['j'], [], {}]],
    ['start -n j A=1', ['start', ['j', 'A=1'], ['no-wait'], {}]],
    ['start j A=1 --no-wait', ['start', ['j', 'A=1'], ['no-wait'], {}]],
    ['start j A=--no-wait', ['start', ['j', 'A=--no-wait'], [], {}]],
    ['start j -- -n --no-wait', ['start', ['j', '-n', '--no-wait'], [], {}]],
    ['start j -', ['start', ['j', '-'], [], {}]],
    ['--quiet start -nq j', ['start', ['j'], ['quiet', 'no-wait'], {}]],
    ['--socket /s list', ['list', [], [], { socket: ['/s'] }]],
    ['list --socket=/s=t', ['list', [], [], { socket: ['/s=t'] }]],
    ['emit -e A=B -eC=D --env=E=F ev x', ['emit', ['ev', 'x'], [], { env: ['A=B', 'C=D', 'E=F'] }]],
    ['check-config -i a,b -w', ['check-config', [], ['warn'], { 'ignore-events': ['a,b'] }]],
    [
      '--system --user --dest x -v list',
      ['list', [], ['system', 'user', 'verbose'], { dest: ['x'] }],
    ],
    // What every command has may be typed where the command's own option has the same letter.
    ['show-config -e j', ['show-config', ['j'], ['enumerate'], {}]],
  ])('%s', (line, call) => {
    expect(parse(line)).toEqual(call);
  });

  test('of a link the name is the command', () => {
    expect(parse('-n j', START)).toEqual(['start', ['j'], ['no-wait'], {}]);
    expect(parse('start', START)).toEqual(['start', ['start'], [], {}]);
  });
});

describe("what is wrong is told in Upstart's words", () => {
  test.each([
    ['', 'missing command'],
    ['-q', 'missing command'],
    ['frob', 'invalid command: frob'],
    ['telinit 3', 'invalid command: telinit'],
    ['-n start j', 'invalid option: -n'],
    ['start -x j', 'invalid option: -x'],
    ['start -nx j', 'invalid option: -x'],
    ['start --frob=1 j', 'invalid option: --frob=1'],
    ['start --no-wait=1 j', 'unexpected argument: --no-wait=1'],
    ['emit ev -e', 'missing argument: -e'],
    ['list --socket', 'missing argument: --socket'],
    ['list --socket=', 'empty argument: --socket'],
    ['emit ev --env -n', 'missing argument: --env'],
  ])('%s', (line, message) => {
    expect(parse(line)).toEqual({ kind: 'usage', message });
  });

  test('domstart does not know what only initctl has', () => {
    expect(parse('notify-disk-writeable', DOMSTART)).toMatchObject({ kind: 'usage' });
    expect(parse('list --system', DOMSTART)).toMatchObject({ kind: 'usage' });
    expect(parse('list --version', DOMSTART)).toMatchObject({ kind: 'usage' });
  });
});

test.each([
  ['--help', { kind: 'help' }],
  ['help', { kind: 'help' }],
  ['help start', { kind: 'help', verb: 'start' }],
  ['start --help', { kind: 'help', verb: 'start' }],
  ['start j -h', { kind: 'help', verb: 'start' }],
  ['--version', { kind: 'version' }],
  ['notify-dbus-address unix:path=/x', { kind: 'notice' }],
])('%s', (line, parsed) => {
  expect(parse(line)).toEqual(parsed);
});

describe('who speaks', () => {
  test.each([
    [['status', 'x'], { speaker: DOMSTART, typed: ['status', 'x'] }],
    [
      ['--json', '--socket', '/s', 'list'],
      { speaker: DOMSTART, typed: ['--json', '--socket', '/s', 'list'] },
    ],
    [['--socket=run', 'list'], { speaker: DOMSTART, typed: ['--socket=run', 'list'] }],
    [['run', 'list'], undefined],
    [['--version', 'list'], undefined],
    [[], undefined],
    // With files it is no question to a daemon.
    [['show-config', 'jobs'], undefined],
    [['telinit', '3'], undefined],
    [['toString'], undefined],
    [['--called-as=initctl', 'list'], { speaker: INITCTL, typed: ['list'] }],
    [['--called-as=start', 'j'], { speaker: START, typed: ['j'] }],
    [['--called-as=toString'], { speaker: { name: 'toString', kind: 'upstart' }, typed: [] }],
  ])('%j', (argv, who) => {
    expect(speakerOf(argv)).toEqual(who);
  });
});
