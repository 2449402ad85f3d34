import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ErrorAnswer, Item } from '../../../src/daemon/control/protocol.ts';
import { controlCli } from '../../support/control-cli.ts';
import { type Asked, statusItem } from '../../support/control-server.ts';

/** A daemon that answers every request alike. */
function saying(items: readonly Item[], error?: ErrorAnswer) {
  return ({ item, done, error: fail }: Asked) => {
    for (const one of items) item(one);
    if (error === undefined) done();
    else fail(error);
  };
}

const refusing = (message: string, hint?: string) =>
  saying([], { code: 'job-unknown', message, ...(hint === undefined ? {} : { hint }) });

const text = (text: string): Item => ({ kind: 'text', text });
const main = (pid: number) => [{ process: 'main', pid }] as const;
const running = statusItem('j', { goal: 'start', state: 'running', processes: main(42) });

describe('what initctl prints', () => {
  test.each<[string, (asked: Asked) => void, string]>([
    ['start j', saying([running]), 'j start/running, process 42\n'],
    ['start --no-wait j', saying([running]), 'j start/running, process 42\n'],
    ['stop j', saying([statusItem('j')]), 'j stop/waiting\n'],
    ['restart j', saying([running]), 'j start/running, process 42\n'],
    ['reload j', saying([]), ''],
    [
      'status j A=1',
      saying([
        statusItem('j', {
          instance: '1',
          goal: 'stop',
          state: 'post-start',
          processes: [
            { process: 'main', pid: 42 },
            { process: 'post-start', pid: 43 },
          ],
        }),
      ]),
      'j (1) stop/post-start, process 42\n\tpost-start process 43\n',
    ],
    ['list', saying([running, statusItem('k')]), 'j start/running, process 42\nk stop/waiting\n'],
    ['list', saying([]), ''],
    ['emit ev A=1', saying([]), ''],
    ['reload-configuration', saying([]), ''],
    ['version', saying([text('init (upstart 1.13.2)')]), 'init (upstart 1.13.2)\n'],
    ['usage j', saying([text('N=number M=mode')]), 'Usage: N=number M=mode\n'],
    ['usage j', saying([text('')]), 'Usage: \n'],
    ['usage j', saying([]), 'Usage: \n'],
    ['log-priority', saying([text('message')]), 'message\n'],
    ['get-env --global FOO', saying([text('one')]), 'one\n'],
    ['get-env FOO', saying([text('')]), '\n'],
    ['set-env --global FOO=1 BAR', saying([]), ''],
    ['list-env', saying([text('b=1'), text('B=2'), text('a=3')]), 'B=2\na=3\nb=1\n'],
    ['--quiet start j', saying([running]), ''],
    [
      'waiting',
      saying([{ kind: 'held', event: 'ev A=1', heldBy: ['j', 'k (2)'] }]),
      'ev A=1: held by j, k (2)\n',
    ],
    [
      'events',
      saying([
        {
          kind: 'announcement',
          type: 'goal',
          time: 0,
          told: { job: 'j', instance: '', from: 'stop', to: 'start' },
        },
      ]),
      '1970-01-01T00:00:00.000Z goal     j stop -> start\n',
    ],
    [
      'console j',
      saying([{ kind: 'output', bytes: Buffer.from('a\u001b[1m\r\n\0é').toString('base64') }]),
      'a\u001b[1m\r\n\0é',
    ],
  ])('%s', async (line, answer, out) => {
    await using cli = await controlCli(answer);
    expect(await cli.run(`initctl ${line}`)).toEqual({ out, err: '', status: 0 });
  });
});

describe('what domstart adds to it', () => {
  test.each([
    ['status x', 'Unknown job: x', '`domstart list` shows the jobs that there are'],
    ['stop x', 'Unknown instance: ', 'it does not run; `domstart list` shows what does'],
  ])('%s: %s', async (line, message, hint) => {
    await using cli = await controlCli(refusing(message));
    const words = `domstart: ${message}\n`;
    expect(await cli.run(`domstart ${line}`)).toEqual({
      out: '',
      err: `${words}  hint: ${hint}\n`,
      status: 1,
    });
    const { err } = await cli.run(`initctl ${line}`);
    expect(err).toBe(words.replace('domstart', 'initctl'));
  });

  test('that a job has written nothing', async () => {
    await using cli = await controlCli(saying([]));
    expect(await cli.run('domstart console j')).toEqual({
      out: '',
      err: 'domstart: j has written nothing (of one with instances, name one: console j INSTANCE)\n',
      status: 0,
    });
    const { err } = await cli.run('domstart console j 7');
    expect(err).toBe('domstart: j (7) has written nothing\n');
    expect(await cli.run('domstart console -q j')).toEqual({ out: '', err: '', status: 0 });
  });
});

describe('configuration', () => {
  const config: Item[] = [
    {
      kind: 'config',
      job: 'b',
      emits: [],
      startOn: {
        kind: 'match',
        event: 'stopped',
        operands: [
          { negated: false, value: 'a' },
          { name: 'RESULT', negated: false, value: 'ok' },
        ],
      },
    },
    { kind: 'config', job: 'c', emits: ['one', 'two'] },
  ];

  test.each([
    ['initctl show-config', 'b\n  start on stopped a RESULT=ok\nc\n  emits one\n  emits two\n', 0],
    [
      'initctl show-config -e',
      'b\n  start on stopped (job: a, env: RESULT=ok)\nc\n  emits one\n  emits two\n',
      0,
    ],
    ['domstart show-config', 'b\n  start on stopped a RESULT=ok\nc\n  emits one\n  emits two\n', 0],
    ['initctl check-config', 'b\n  start on: unknown job a\n', 1],
    ['initctl check-config c', '', 0],
    [
      'initctl check-config --json',
      '{"job":"b","stanza":"start on","unknown":"job","name":"a"}\n',
      1,
    ],
  ])('%s', async (line, out, status) => {
    await using cli = await controlCli(saying(config));
    expect(await cli.run(line)).toEqual({ out, err: '', status });
  });

  test('check-config of a job that is not there', async () => {
    await using cli = await controlCli(saying(config));
    const err = 'initctl: Invalid job class: z\n';
    expect(await cli.run('initctl check-config z')).toEqual({ out: '', err, status: 1 });
  });
});

describe('errors', () => {
  test.each([
    ['initctl start nosuch', 'Unknown job: nosuch', 'initctl: Unknown job: nosuch\n'],
    ['initctl stop j', 'Unknown instance: ', 'initctl: Unknown instance: \n'],
    [
      'initctl start k N=1',
      'Unknown parameter: M\nUsage: N=number M=mode',
      'initctl: Unknown parameter: M\nUsage: N=number M=mode\n',
    ],
    [
      'initctl emit ev NOEQUALS',
      'Env must be KEY=VALUE pairs',
      'initctl: Env must be KEY=VALUE pairs\n',
    ],
    [
      'domstart start nosuch',
      'Unknown job: nosuch',
      'domstart: Unknown job: nosuch\n  hint: what to do\n',
    ],
  ])('%s', async (line, message, err) => {
    await using cli = await controlCli(({ request, ...asked }) => {
      if (request.verb === 'list') saying([running])({ request, ...asked });
      else refusing(message, 'what to do')({ request, ...asked });
    });
    expect(await cli.run(line)).toEqual({ out: '', err, status: 1 });
  });

  test.each([
    ['initctl start', "initctl: missing job name\nTry `initctl --help' for more information.\n", 1],
    [
      'initctl emit',
      "initctl: missing event name\nTry `initctl --help' for more information.\n",
      1,
    ],
    ['initctl', "initctl: missing command\nTry `initctl --help' for more information.\n", 1],
    [
      'initctl frob',
      "initctl: invalid command: frob\nTry `initctl --help' for more information.\n",
      1,
    ],
    [
      'domstart start',
      "domstart: missing job name\nTry `domstart --help' for more information.\n",
      64,
    ],
  ])('%s', async (line, err, status) => {
    await using cli = await controlCli(saying([]));
    expect(await cli.run(line)).toEqual({ out: '', err, status });
    expect(cli.server.lines).toEqual([]);
  });

  test('several requests end at the first that fails', async () => {
    await using cli = await controlCli(refusing('Not permissible'));
    expect(await cli.run('initctl set-env A=1 B=2')).toMatchObject({ status: 1 });
    expect(cli.server.lines).toHaveLength(1);
  });

  test.each([
    ['initctl', 1],
    ['domstart', 69],
  ])('%s without a daemon', async (name, status) => {
    await using cli = await controlCli(saying([]));
    const path = `${cli.server.path}-none`;
    const err = `${name}: no daemon at ${path}: there is no such socket\n  hint: start the daemon; --socket or DOMSTART_SOCKET name the socket of another one\n`;
    expect(await cli.run(`${name} list --socket ${path}`)).toEqual({ out: '', err, status });
  });

  test('a daemon that goes away in the middle', async () => {
    await using cli = await controlCli(({ item, socket }) => {
      item(running);
      socket.end();
    });
    const { out, err, status } = await cli.run('domstart list');
    expect(out).toBe('j start/running, process 42\n');
    expect(err).toContain('went away before it answered');
    expect(status).toBe(69);
  });

  test('a daemon that speaks nonsense', async () => {
    await using cli = await controlCli(({ socket }) => socket.write('nonsense\n'));
    const { err, status } = await cli.run('domstart list');
    expect(err).toContain('nonsense');
    expect(status).toBe(70);
  });
});

describe('jobs of Upstart 0.3', () => {
  const old = { dialect: 'event.d' } as const;
  const list = [statusItem('a', {}, old), statusItem('b', {}, old)];
  const transition = (
    job: string,
    goal: 'start' | 'stop',
    state: 'waiting' | 'starting',
  ): Item => ({
    kind: 'transition',
    status: { job, instance: '', goal, state, processes: [] },
  });

  test('start takes several, and prints every state that they go through', async () => {
    await using cli = await controlCli((asked) => {
      if (asked.request.verb === 'list') saying(list)(asked);
      else {
        asked.item(transition('a', 'start', 'waiting'));
        asked.item(transition('b', 'start', 'waiting'));
        asked.item(transition('a', 'start', 'starting'));
        // Said as well, and shown already.
        asked.item(statusItem('a', { goal: 'start', state: 'starting' }, old));
        asked.done();
      }
    });
    const out = 'a (start) waiting\nb (start) waiting\na (start) starting\n';
    expect(await cli.run('initctl start a b')).toEqual({ out, err: '', status: 0 });
  });

  test('one that fails does not keep the others', async () => {
    await using cli = await controlCli((asked) => {
      const { request } = asked;
      if (request.verb === 'list') saying(list)(asked);
      else if (request.verb === 'status' && request.job === 'a') refusing('unknown job: a')(asked);
      else saying([statusItem('b', {}, old)])(asked);
    });
    expect(await cli.run('initctl status a b')).toEqual({
      out: 'b (stop) waiting\n',
      err: 'initctl: unknown job: a\n',
      status: 1,
    });
  });

  test('emit prints the event, its environment, the states, and what failed', async () => {
    await using cli = await controlCli(
      saying([
        { kind: 'event', name: 'ev', arguments: ['one', 'two'], env: ['A=event', 'C=event'] },
        transition('j', 'start', 'waiting'),
        { kind: 'failure', message: 'ev event failed' },
      ]),
    );
    expect(await cli.run('initctl emit -e A=event -e C=event ev one two')).toEqual({
      out: 'ev one two\n    A=event\n    C=event\nj (start) waiting\n',
      err: 'initctl: ev event failed\n',
      status: 1,
    });
    expect(cli.server.lines).toEqual([
      {
        id: 1,
        verb: 'emit',
        event: 'ev',
        env: ['A=event', 'C=event'],
        arguments: ['one', 'two'],
        wait: true,
      },
    ]);
  });

  test('list puts instances below their job', async () => {
    const each = { ...old, instanceEach: true } as const;
    await using cli = await controlCli(
      saying([
        statusItem('j', { instance: '1', goal: 'start', state: 'running' }, each),
        statusItem('j', { instance: '2', goal: 'start', state: 'running' }, each),
        statusItem('k', {}, each),
        statusItem('l', {}, old),
      ]),
    );
    expect(await cli.run('initctl list')).toMatchObject({
      out: 'j (instance)\n    (start) running\n    (start) running\nk (instance)\nl (stop) waiting\n',
    });
  });

  test.each([
    [list, { env: [], arguments: ['3'] }],
    [[running], { env: ['RUNLEVEL=3', 'PREVLEVEL=N'] }],
    [[...list, running], { env: ['RUNLEVEL=3', 'PREVLEVEL=N'] }],
  ])('telinit: %j', async (items, sent) => {
    await using cli = await controlCli((asked) => {
      saying(asked.request.verb === 'list' ? items : [])(asked);
    });
    await using link = linkedAs('telinit');
    const ended = await cli.run('telinit 3', { program: link.path });
    expect(ended).toEqual({ out: '', err: '', status: 0 });
    const emits = cli.server.lines.filter((line) => 'verb' in line && line.verb === 'emit');
    expect(emits).toMatchObject([{ event: 'runlevel', wait: false, ...sent }]);
  });
});

/** A link to initctl of another name, elsewhere. */
function linkedAs(name: string) {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-link-'));
  const path = join(folder, name);
  symlinkSync(resolve(import.meta.dirname, '../../../bin/initctl'), path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true });
    },
  };
}

describe('a link', () => {
  test('named like a command is that command, and speaks under its name', async () => {
    await using cli = await controlCli(refusing('Unknown job: x'));
    await using link = linkedAs('status');
    expect(await cli.run('status x', { program: link.path })).toEqual({
      out: '',
      err: 'status: Unknown job: x\n',
      status: 1,
    });
    expect(cli.server.lines).toEqual([{ id: 1, verb: 'status', job: 'x', env: [] }]);
  });

  test('of any other name is initctl', async () => {
    await using cli = await controlCli(saying([running]));
    await using link = linkedAs('upstartctl');
    expect(await cli.run('upstartctl list', { program: link.path })).toMatchObject({
      out: 'j start/running, process 42\n',
    });
  });
});

describe('inside a job', () => {
  const env = { UPSTART_JOB: 'me', UPSTART_INSTANCE: '' };

  test('no name is the own instance, and is not waited for', async () => {
    await using cli = await controlCli(saying([statusItem('me')]));
    expect(await cli.run('initctl stop', { env })).toMatchObject({ out: 'me stop/waiting\n' });
    expect(cli.server.lines).toEqual([
      { id: 1, verb: 'stop', job: 'me', instance: '', env: [], wait: false },
    ]);
  });

  test('the daemon is the one that runs it', async () => {
    await using cli = await controlCli(saying([]));
    const session = {
      ...env,
      DOMSTART_SOCKET: '',
      UPSTART_SESSION: `unix:path=${cli.server.path}`,
    };
    expect(await cli.run('initctl emit ev', { env: session })).toMatchObject({ status: 0 });
    expect(cli.server.lines).toHaveLength(1);
  });
});

describe('--json', () => {
  test.each<[string, readonly Item[], readonly object[]]>([
    [
      'list',
      [running, statusItem('k', { instance: '1' })],
      [
        {
          job: 'j',
          instance: '',
          goal: 'start',
          state: 'running',
          processes: main(42),
          dialect: 'init',
        },
        { job: 'k', instance: '1', goal: 'stop', state: 'waiting', processes: [], dialect: 'init' },
      ],
    ],
    [
      'version',
      [text('init (upstart 1.13.2)')],
      [{ version: 'init (upstart 1.13.2)', domstart: '0.1.0', protocol: 1, pid: 4711 }],
    ],
    ['usage j', [text('N=1')], [{ job: 'j', usage: 'N=1' }]],
    ['get-env A', [text('1')], [{ name: 'A', value: '1' }]],
    [
      'list-env',
      [text('A=1=2'), text('B')],
      [
        { name: 'A', value: '1=2' },
        { name: 'B', value: '' },
      ],
    ],
    ['log-priority', [text('debug')], [{ priority: 'debug' }]],
    ['show-config', [{ kind: 'config', job: 'j', emits: ['e'] }], [{ name: 'j', emits: ['e'] }]],
    ['show-config -e', [{ kind: 'config', job: 'j', emits: ['e'] }], [{ name: 'j', emits: ['e'] }]],
    [
      'events',
      [{ kind: 'announcement', type: 'x', time: 1, told: { a: 1 } }],
      [{ type: 'x', time: 1, told: { a: 1 } }],
    ],
    ['console j', [{ kind: 'output', bytes: 'YQ==' }], [{ bytes: 'YQ==' }]],
    ['waiting', [{ kind: 'held', event: 'e', heldBy: [] }], [{ event: 'e', heldBy: [] }]],
    [
      'emit -e A=1 e x',
      [{ kind: 'event', name: 'e', arguments: ['x'], env: ['A=1'] }],
      [{ name: 'e', arguments: ['x'], env: ['A=1'] }],
    ],
  ])('%s', async (line, items, objects) => {
    await using cli = await controlCli(saying(items));
    const { out, status } = await cli.run(`domstart ${line} --json`);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((one) => JSON.parse(one)),
    ).toEqual(objects);
    expect(status).toBe(0);
  });

  test('an error is an object as well', async () => {
    await using cli = await controlCli(refusing('Unknown job: x', 'hint'));
    expect(await cli.run('initctl status --json x')).toEqual({
      out: '{"error":{"code":"job-unknown","message":"Unknown job: x","hint":"hint"}}\n',
      err: 'initctl: Unknown job: x\n',
      status: 1,
    });
  });
});

describe('waiting', () => {
  test('Ctrl-C ends it with 130, and tells the daemon', async () => {
    await using cli = await controlCli(() => {});
    const { child, finished } = cli.start('initctl start j');
    await cli.server.came(1);
    child.kill('SIGINT');
    expect(await finished).toEqual({ status: 130, stdout: '', stderr: '' });
    await cli.server.left();
  });

  test('events --follow goes on until then', async () => {
    await using cli = await controlCli(({ item }) => item(text('one')));
    const started = cli.start('initctl events --follow');
    await started.said('one');
    started.child.kill('SIGINT');
    expect(await started.finished).toEqual({ status: 130, stdout: 'one\n', stderr: '' });
  });

  test('a reader that goes away ends it without a word', async () => {
    await using cli = await controlCli(({ item, socket }) => {
      const more = () => {
        if (socket.destroyed) return;
        for (let at = 0; at < 100; at += 1) item(text('y'));
        setImmediate(more);
      };
      more();
    });
    const initctl = resolve(import.meta.dirname, '../../../bin/initctl');
    const script = `{ "${initctl}" events --follow; echo "status $?" >&2; } | head -1`;
    const { stdout, stderr } = await cli.start('sh', { program: '/bin/sh', args: ['-c', script] })
      .finished;
    expect({ stdout, stderr }).toEqual({ stdout: 'y\n', stderr: 'status 141\n' });
    await cli.server.left();
  });
});

describe('help', () => {
  test.each([
    ['initctl --help', 'Usage: initctl [options] <command>'],
    ['initctl help emit', 'Usage: initctl emit [options] [event] [variable...]'],
    ['initctl start --help', 'initctl start web PORT=8080'],
    ['domstart start --help', 'domstart start web PORT=8080'],
    ['domstart --help', 'Of a running daemon:'],
    ['initctl --version', 'initctl (upstart 1.13.2)'],
  ])('%s', async (line, contained) => {
    await using cli = await controlCli(saying([]));
    const { out, err, status } = await cli.run(line);
    expect(out).toContain(contained);
    expect({ err, status }).toEqual({ err: '', status: 0 });
  });
});
