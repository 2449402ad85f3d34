import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { type DaemonRig, daemonRig, stop } from '../support/daemon.ts';

const CLIENTS = 20;
const LINES = 100_000;

/** One that asks, and reads nothing before it is resumed. */
async function deaf(rig: DaemonRig, request: object): Promise<Socket> {
  const socket = connect(rig.socket);
  await once(socket, 'connect');
  socket.pause();
  socket.write(`${JSON.stringify({ id: 1, ...request })}\n`);
  return socket;
}

/** All that it is told from now on. */
function read(socket: Socket): () => string {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece) => {
    text += piece;
  });
  socket.resume();
  return () => text;
}

test('clients that do not read hold nobody up, and learn what they have missed', async () => {
  await using rig = daemonRig();
  rig.file('jobs/noisy.conf', `task\nexec seq -f 'line %.0f' 1 ${LINES}\n`);
  rig.file('jobs/last.conf', 'task\nexec true\n');
  const daemon = await rig.daemon();
  const console = { verb: 'console', job: 'noisy', instance: '', follow: true };
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, async () => [
      await deaf(rig, { verb: 'events', follow: true }),
      await deaf(rig, console),
    ]),
  );
  expect((await rig.ask('initctl start noisy')).status).toBe(0);
  expect((await rig.ask('initctl start last')).status).toBe(0);
  const [events, output] = (clients.at(-1) ?? []).map(read);
  await vi.waitFor(() => expect(events?.()).toContain('"job":"last"'), 10_000);
  const [, lost] = /"(\d+) announcements lost: they came faster than they were read"/.exec(
    events?.() ?? '',
  ) ?? [undefined, undefined];
  expect(Number(lost)).toBeGreaterThan(LINES / 2);
  const shown = () =>
    [...(output?.() ?? '').matchAll(/"bytes":"([^"]*)"/g)]
      .map(([, bytes = '']) => Buffer.from(bytes, 'base64').toString())
      .join('');
  await vi.waitFor(() => expect(shown()).toContain(`line ${LINES}\n`), 10_000);
  expect(shown()).toMatch(/^\[\d+ bytes lost: they came faster than they were read\]$/m);
  for (const socket of clients.flat()) socket.destroy();
  expect((await stop(daemon)).status).toBe(0);
});
