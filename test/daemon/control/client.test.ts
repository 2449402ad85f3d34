import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectToDaemon } from '../../../src/daemon/control/client.ts';
import { type Item, MAX_LINE_BYTES } from '../../../src/daemon/control/protocol.ts';
import { controlServer, GREETING, statusItem } from '../../support/control-server.ts';

async function collect(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const text = (text: string): Item => ({ kind: 'text', text });

describe('a client', () => {
  test('gives the items of an answer to its end', async () => {
    await using server = await controlServer({
      onRequest({ item, done }) {
        item(statusItem('a'));
        item(statusItem('b'));
        done();
      },
    });
    using client = await connectToDaemon({ path: server.path });
    expect(client.greeting).toEqual({ domstart: '0.1.0', protocol: 1, pid: 4711 });
    expect(await collect(client.request({ verb: 'list' }))).toEqual([
      statusItem('a'),
      statusItem('b'),
    ]);
    expect(server.lines).toEqual([{ id: 1, verb: 'list' }]);
  });

  test("throws the daemon's error with its code, message and hint, after what came before", async () => {
    await using server = await controlServer({
      onRequest({ item, error }) {
        item(text('first'));
        error({ code: 'job-unknown', message: 'Unknown job: x', hint: 'domstart list' });
      },
    });
    using client = await connectToDaemon({ path: server.path });
    const seen: Item[] = [];
    const asking = (async () => {
      for await (const item of client.request({ verb: 'usage', job: 'x' })) seen.push(item);
    })();
    await expect(asking).rejects.toMatchObject({
      name: 'DomstartError',
      code: 'job-unknown',
      message: 'Unknown job: x',
      hint: 'domstart list',
    });
    expect(seen).toEqual([text('first')]);
  });

  test('keeps answers apart that come side by side', async () => {
    const held: (() => void)[] = [];
    await using server = await controlServer({
      onRequest({ request, item, done }) {
        held.push(() => {
          item(text(request.verb));
          done();
        });
        if (held.length === 2) for (const answer of held.reverse()) answer();
      },
    });
    using client = await connectToDaemon({ path: server.path });
    const answers = await Promise.all([
      collect(client.request({ verb: 'version' })),
      collect(client.request({ verb: 'waiting' })),
    ]);
    expect(answers).toEqual([[text('version')], [text('waiting')]]);
  });

  test('cancels by its signal, and ignores what still comes to that', async () => {
    await using server = await controlServer({
      onRequest({ request, item, done }) {
        item(text('one'));
        if (request.verb !== 'events') done();
      },
    });
    using client = await connectToDaemon({ path: server.path });
    const controller = new AbortController();
    const following = (async () => {
      const options = { signal: controller.signal };
      for await (const _ of client.request({ verb: 'events', follow: true }, options)) {
        controller.abort();
      }
    })();
    await expect(following).rejects.toMatchObject({ code: 'cancelled' });
    await server.came(2);
    expect(server.lines[1]).toEqual({ id: 1, cancel: true });
    expect(await collect(client.request({ verb: 'version' }))).toEqual([text('one')]);
  });

  test('cancels where nobody takes the rest', async () => {
    await using server = await controlServer({
      onRequest({ request, item, done }) {
        if (request.verb === 'version') done();
        else for (let at = 0; at < 5000; at += 1) item(text(String(at)));
      },
    });
    using client = await connectToDaemon({ path: server.path });
    for await (const item of client.request({ verb: 'list' })) {
      expect(item).toEqual(text('0'));
      break;
    }
    // It would not come through if what nobody takes were in its way.
    expect(await collect(client.request({ verb: 'version' }))).toEqual([]);
    expect(server.lines.slice(1)).toEqual([
      { id: 1, cancel: true },
      { id: 2, verb: 'version' },
    ]);
  });

  test('takes an answer of any length, however slowly it is taken', async () => {
    await using server = await controlServer({
      onRequest({ item, done }) {
        for (let at = 0; at < 20_000; at += 1) item(text(`${at} ${'x'.repeat(100)}`));
        done();
      },
    });
    using client = await connectToDaemon({ path: server.path });
    let count = 0;
    for await (const item of client.request({ verb: 'list' })) {
      expect(item).toMatchObject({ text: expect.stringMatching(`^${count} `) });
      count += 1;
      if (count % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(count).toBe(20_000);
  });

  test('refuses to send what no daemon would read', async () => {
    await using server = await controlServer();
    using client = await connectToDaemon({ path: server.path });
    const variable = `A=${'x'.repeat(MAX_LINE_BYTES)}`;
    const answer = client.request({ verb: 'set-env', variable, retain: false });
    await expect(collect(answer)).rejects.toMatchObject({ code: 'not-supported' });
    expect(server.lines).toEqual([]);
  });
});

describe('a daemon that is not there', () => {
  test('no socket', async () => {
    await using server = await controlServer();
    const path = `${server.path}-other`;
    await expect(connectToDaemon({ path })).rejects.toMatchObject({
      code: 'daemon-unreachable',
      message: `no daemon at ${path}: there is no such socket`,
      hint: expect.stringContaining('start the daemon'),
    });
  });

  test('a file', async () => {
    await using server = await controlServer();
    const path = join(dirname(server.path), 'file');
    writeFileSync(path, '');
    await expect(connectToDaemon({ path })).rejects.toMatchObject({ code: 'daemon-unreachable' });
  });

  test('a name that no socket can have', async () => {
    await expect(connectToDaemon({ path: `/tmp/${'x'.repeat(200)}` })).rejects.toMatchObject({
      code: 'daemon-unreachable',
      hint: 'such a name may have 107 bytes',
    });
  });

  test('one that says nothing', async () => {
    await using server = await controlServer({ greeting: undefined });
    await expect(connectToDaemon({ path: server.path, patience: 20 })).rejects.toMatchObject({
      code: 'daemon-unreachable',
      message: `the daemon at ${server.path} does not answer`,
    });
    await server.left();
  });

  test('one that is not waited for', async () => {
    await using server = await controlServer({ greeting: undefined });
    const signal = AbortSignal.abort();
    const { path } = server;
    await expect(connectToDaemon({ path, signal })).rejects.toMatchObject({ code: 'cancelled' });
    const controller = new AbortController();
    const connecting = connectToDaemon({ path, signal: controller.signal });
    controller.abort();
    await expect(connecting).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('one that goes away in the middle of an answer', async () => {
    await using server = await controlServer({
      onRequest({ item, socket }) {
        item(text('half'));
        socket.end();
      },
    });
    using client = await connectToDaemon({ path: server.path });
    const seen: Item[] = [];
    const asking = (async () => {
      for await (const item of client.request({ verb: 'list' })) seen.push(item);
    })();
    await expect(asking).rejects.toMatchObject({
      code: 'daemon-unreachable',
      message: `the daemon at ${server.path} went away before it answered`,
    });
    expect(seen).toEqual([text('half')]);
    await expect(collect(client.request({ verb: 'list' }))).rejects.toMatchObject({
      code: 'daemon-unreachable',
    });
  });
});

describe('a daemon that speaks nonsense', () => {
  test.each([
    ['SSH-2.0-OpenSSH_9.2', /this is no message: "SSH-2.0/],
    ['{"domstart":1}', /does not begin as a daemon does/],
    ['[1]', /no message/],
    [GREETING.replace('"protocol":1', '"protocol":2'), /speaks another protocol: 2, not 1/],
  ])('at the beginning: %s', async (greeting, message) => {
    await using server = await controlServer({ greeting });
    await expect(connectToDaemon({ path: server.path })).rejects.toMatchObject({
      code: 'protocol-broken',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
    await server.left();
  });

  test.each([
    ['not JSON', 'oops\u001b[2J\n'],
    ['no object', '7\n'],
    ['no id', '{"done":true}\n'],
    ['nothing in it', '{"id":1}\n'],
    ['an item without a kind', '{"id":1,"item":{}}\n'],
    ['an error without a message', '{"id":1,"error":{"code":"x"}}\n'],
    ['an id that nobody used', '{"id":7,"done":true}\n'],
  ])('%s', async (_, line) => {
    await using server = await controlServer({ onRequest: ({ socket }) => socket.write(line) });
    using client = await connectToDaemon({ path: server.path });
    const error = await collect(client.request({ verb: 'list' })).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'protocol-broken' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(String(error)).not.toMatch(/\u001b/);
    await server.left();
  });

  test('one that could not read the request says so', async () => {
    const error = { code: 'protocol-broken', message: 'cannot understand the request: why' };
    await using server = await controlServer({
      onRequest: ({ socket }) => socket.end(`${JSON.stringify({ id: 0, error })}\n`),
    });
    using client = await connectToDaemon({ path: server.path });
    await expect(collect(client.request({ verb: 'list' }))).rejects.toMatchObject(error);
  });

  test('a line of 100 MB is not kept, and ends it', async () => {
    let sent = 0;
    await using server = await controlServer({
      onRequest({ socket }) {
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const more = () => {
          while (sent < 100 * 1024 * 1024 && !socket.destroyed) {
            sent += chunk.length;
            if (!socket.write(chunk)) return;
          }
        };
        socket.on('drain', more);
        more();
      },
    });
    using client = await connectToDaemon({ path: server.path });
    await expect(collect(client.request({ verb: 'list' }))).rejects.toMatchObject({
      code: 'protocol-broken',
      message: expect.stringContaining(`longer than ${MAX_LINE_BYTES} bytes`),
    });
    await server.left();
    expect(sent).toBeLessThan(10 * 1024 * 1024);
  });
});
