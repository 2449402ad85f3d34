import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { daemonRig, stop } from '../support/daemon.ts';
import type { Started } from '../support/domstart.ts';

/** Everything that comes until the other end closes. */
async function rest(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  socket.on('error', () => {});
  if (!socket.closed) await once(socket, 'close').catch(() => {});
  return text;
}

/** Without the greeting. */
async function answersTo(path: string, text: string | Buffer): Promise<unknown[]> {
  const socket = connect({ path, allowHalfOpen: true });
  socket.end(text);
  const lines = (await rest(socket)).split('\n').filter(Boolean);
  return lines.slice(1).map((line) => JSON.parse(line) as unknown);
}

function memoryOf({ child }: Started): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Descriptors of sockets that it has open. */
function socketsOf({ child }: Started): number {
  const folder = `/proc/${child.pid}/fd`;
  return readdirSync(folder).filter((fd) => linkOf(`${folder}/${fd}`).startsWith('socket:')).length;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

const broken = (why: string) => [
  {
    id: 0,
    error: {
      code: 'protocol-broken',
      message: `cannot understand the request: ${why}`,
    },
  },
];

describe('a client that', () => {
  test.each([
    ['sends garbage', Buffer.from([0, 1, 2, 255, 10]), 'it is no JSON'],
    ['sends another protocol', 'GET / HTTP/1.1\r\n\r\n', 'it is no JSON'],
    ['sends half a message', '{"id":1,"verb":"li', 'it is no JSON'],
    ['sends an unknown verb', '{"id":1,"verb":"dance"}\n', 'there is no verb "dance"'],
    ['sends no object', '[]\n', 'it is no object'],
    ['sends no id', '{"verb":"list"}\n', 'its id is no number from 1 on'],
    ['leaves something out', '{"id":1,"verb":"status"}\n', 'status: job is missing or no text'],
    [
      'sends a wrong type',
      '{"id":1,"verb":"usage","job":{}}\n',
      'usage: job is missing or no text',
    ],
  ])('%s is told so, and others go on', async (_, text, why) => {
    await using rig = daemonRig();
    const daemon = await rig.daemon();
    expect(await answersTo(rig.socket, text)).toEqual(broken(why));
    expect((await rig.ask('initctl list')).status).toBe(0);
    expect((await stop(daemon)).status).toBe(0);
  });

  test('sends 100 MB is cut off, and costs no memory', async () => {
    await using rig = daemonRig();
    const daemon = await rig.daemon();
    const before = memoryOf(daemon);
    const socket = connect(rig.socket);
    const said = rest(socket);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    for (let at = 0; at < 100 && !socket.destroyed; at += 1) {
      if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
    socket.end();
    expect(await said).toContain('a line is longer than 1048576 bytes');
    expect(memoryOf(daemon) - before).toBeLessThan(60);
    expect((await rig.ask('initctl list')).status).toBe(0);
    expect((await stop(daemon)).status).toBe(0);
  });

  test('has said all it wants to say still gets its answers', async () => {
    await using rig = daemonRig();
    rig.file('jobs/slow.conf', 'task\nexec sleep 1.5\n');
    const daemon = await rig.daemon();
    const request = { id: 7, verb: 'start', job: 'slow', env: [], wait: true };
    // Without a line end, as `printf … | nc -N` sends it.
    const answers = await answersTo(rig.socket, JSON.stringify(request));
    expect(answers).toEqual([
      { id: 7, item: expect.objectContaining({ kind: 'status' }) },
      { id: 7, done: true },
    ]);
    expect((await stop(daemon)).status).toBe(0);
  });

  test('disappears while it waits is forgotten, and its job goes on', async () => {
    await using rig = daemonRig();
    rig.file('jobs/slow.conf', 'task\nexec sleep 1000\n');
    rig.file('jobs/web.conf', 'exec sleep 1000\n');
    const daemon = await rig.daemon();
    const client = rig.start('initctl start slow');
    await vi.waitFor(() => expect(rig.pidsOf('slow')).toHaveLength(1), 20_000);
    const connections = () => socketsOf(daemon);
    const before = connections();
    client.child.kill('SIGKILL');
    await client.finished;
    await vi.waitFor(() => expect(connections()).toBeLessThan(before), 20_000);
    expect((await rig.ask('initctl status slow')).out).toContain('slow start/running');
    expect((await stop(daemon)).status).toBe(0);
  });

  test('is interrupted ends with 130, and its job goes on', async () => {
    await using rig = daemonRig();
    rig.file('jobs/slow.conf', 'task\nexec sleep 1000\n');
    const daemon = await rig.daemon();
    const client = rig.start('initctl start slow');
    await vi.waitFor(() => expect(rig.pidsOf('slow')).toHaveLength(1), 20_000);
    client.child.kill('SIGINT');
    expect((await client.finished).status).toBe(130);
    expect((await rig.ask('initctl status slow')).out).toContain('slow start/running');
    expect((await stop(daemon)).status).toBe(0);
  });

  test('waits for a daemon that is killed ends with an error', async () => {
    await using rig = daemonRig();
    rig.file('jobs/slow.conf', 'task\nexec sleep 1000\n');
    const daemon = await rig.daemon();
    const waiting = ['domstart events --follow', 'initctl start slow'].map((line) =>
      rig.start(line),
    );
    await vi.waitFor(() => expect(rig.pidsOf('slow')).toHaveLength(1), 20_000);
    await stop(daemon, 'SIGKILL');
    const ends = await Promise.all(waiting.map(({ finished }) => finished));
    // Upstart's own command says 1 to everything.
    expect(ends.map(({ status }) => status)).toEqual([69, 1]);
    for (const { stderr } of ends) {
      expect(stderr).toContain(`the daemon at ${rig.socket} went away before it answered`);
    }
    expect((await stop(await rig.daemon())).status).toBe(0);
    expect(rig.processes()).toEqual([]);
  });

  test('does not read costs little, and holds up neither others nor the end', async () => {
    await using rig = daemonRig();
    rig.file('jobs/task.conf', 'task\ninstance $N\nexec true\n');
    const daemon = await rig.daemon();
    const lazy = connect(rig.socket);
    lazy.on('error', () => {});
    await once(lazy, 'connect');
    lazy.pause();
    lazy.write('{"id":1,"verb":"events","follow":true}\n');
    const greedy = connect(rig.socket);
    greedy.on('error', () => {});
    await once(greedy, 'connect');
    greedy.pause();
    for (let id = 1; id <= 20_000; id += 1) greedy.write(`{"id":${id},"verb":"list"}\n`);
    const before = memoryOf(daemon);
    const text = 'x'.repeat(1000);
    const emits = Array.from({ length: 40 }, (_, at) =>
      Array.from({ length: 500 }, (_, id) =>
        JSON.stringify({
          id: id + 1,
          verb: 'emit',
          event: `flood-${at}-${id}`,
          env: [`X=${text}`],
          wait: false,
        }),
      ).join('\n'),
    );
    for (const lines of emits) expect(await answersTo(rig.socket, lines)).toHaveLength(500);
    expect(memoryOf(daemon) - before).toBeLessThan(200);
    expect((await rig.ask('initctl start task N=1')).status).toBe(0);
    expect((await stop(daemon)).status).toBe(0);
    lazy.destroy();
    greedy.destroy();
  });
});

test('10,000 events at once are all handled, in order', async () => {
  await using rig = daemonRig();
  rig.file('jobs/last.conf', `start on event-9999\ntask\nexec sh -c 'echo $N > ${rig.folder}/n'\n`);
  const daemon = await rig.daemon();
  const lines = Array.from({ length: 10_000 }, (_, at) =>
    JSON.stringify({
      id: at + 1,
      verb: 'emit',
      event: `event-${at}`,
      env: [`N=${at}`],
      wait: true,
    }),
  );
  const answers = await answersTo(rig.socket, lines.join('\n'));
  expect(answers).toHaveLength(10_000);
  expect(answers.every((answer) => (answer as { done?: true }).done)).toBe(true);
  expect(rig.read('n')).toBe('9999\n');
  expect((await stop(daemon)).status).toBe(0);
});

test('1,000 clients may wait at once; one more is refused, and later served', async () => {
  await using rig = daemonRig();
  rig.file('jobs/slow.conf', 'task\nexec sleep 1000\n');
  const daemon = await rig.daemon();
  expect((await rig.ask('initctl start --no-wait slow')).status).toBe(0);
  const sockets: Socket[] = [];
  for (let at = 0; at < 1000; at += 1) {
    const socket = connect(rig.socket);
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'data');
  }
  const { status, err } = await rig.ask('initctl list');
  expect({ status, err }).toEqual({
    status: 1,
    err: expect.stringContaining('the daemon has 1000 clients, and takes no more'),
  });
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(async () => expect((await rig.ask('initctl list')).status).toBe(0), 10_000);
  expect((await stop(daemon)).status).toBe(0);
});

test('a daemon that has no descriptors left goes on when it has some again', async () => {
  await using rig = daemonRig();
  rig.file('jobs/task.conf', 'task\nexec true\n');
  const daemon = await rig.daemon({ within: ['prlimit', '--nofile=64:64'] });
  const sockets = Array.from({ length: 200 }, () => connect(rig.socket).on('error', () => {}));
  await vi.waitFor(() => expect(sockets.some((socket) => socket.closed)).toBe(true), 10_000);
  for (const socket of sockets) socket.destroy();
  await vi.waitFor(
    async () => expect((await rig.ask('initctl start task')).status).toBe(0),
    10_000,
  );
  expect((await stop(daemon)).status).toBe(0);
});
