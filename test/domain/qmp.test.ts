import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createQmp, type QmpEvent } from '../../src/domain/qemu/qmp.ts';
import { ManualClock } from '../support/manual-clock.ts';

const TIMEOUT = 1000;

function connect() {
  const fromQemu = new PassThrough();
  const toQemu = new PassThrough({ encoding: 'utf8' });
  const clock = new ManualClock();
  const events: QmpEvent[] = [];
  const stream = Duplex.from({ readable: fromQemu, writable: toQemu });
  const qmp = createQmp({ stream, clock, timeout: TIMEOUT, onEvent: (e) => events.push(e) });
  const say = (...messages: readonly object[]) =>
    fromQemu.write(messages.map((message) => `${JSON.stringify(message)}\r\n`).join(''));
  return { qmp, clock, events, fromQemu, toQemu, say };
}

const GREETING = { QMP: { version: {}, capabilities: [] } };

describe('QMP', () => {
  test('negotiates, then answers by id in any order', async () => {
    const { qmp, say, toQemu } = connect();
    say(GREETING, { return: {}, id: 1 });
    await qmp.ready;
    const first = qmp.execute('query-status');
    const second = qmp.execute('system_powerdown', { a: 1 });
    say({ return: 'second', id: 3 }, { return: 'first', id: 2 });
    expect(await Promise.all([first, second])).toEqual(['first', 'second']);
    const sent = String(toQemu.read())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(sent).toEqual([
      { execute: 'qmp_capabilities', id: 1 },
      { execute: 'query-status', id: 2 },
      { execute: 'system_powerdown', arguments: { a: 1 }, id: 3 },
    ]);
  });

  test('events come through, in pieces or together', async () => {
    const { qmp, say, fromQemu, events } = connect();
    say(GREETING, { event: 'RESUME', timestamp: {} }, { return: {}, id: 1 });
    await qmp.ready;
    const text = JSON.stringify({
      event: 'SHUTDOWN',
      data: { guest: true, reason: 'guest-reset' },
    });
    for (const character of `${text}\r\n`) fromQemu.write(character);
    const answer = qmp.execute('query-status');
    say({ return: {}, id: 2 });
    await answer;
    expect(events).toEqual([
      { event: 'RESUME', data: {} },
      { event: 'SHUTDOWN', data: { guest: true, reason: 'guest-reset' } },
    ]);
  });

  test('a refusal names what QEMU said', async () => {
    const { qmp, say } = connect();
    say(GREETING, { return: {}, id: 1 });
    await qmp.ready;
    const answer = qmp.execute('device_del');
    say({ error: { class: 'GenericError', desc: 'no such device' }, id: 2 });
    await expect(answer).rejects.toMatchObject({
      code: 'boot-failed',
      message: 'QEMU refused: no such device',
    });
  });

  test('no answer in time', async () => {
    const { qmp, clock } = connect();
    clock.turn(TIMEOUT);
    await expect(qmp.ready).rejects.toMatchObject({
      code: 'boot-failed',
      message: 'QEMU did not answer qmp_capabilities within 1 s',
    });
    expect(clock.armed).toBe(0);
  });

  test.each([
    ['words', 'Hello, world\n', /what is not QMP: "Hello, world"/],
    ['bytes', Buffer.from([0xff, 0x00, 0x0a]), /what is not QMP/],
    ['a number', '42\n', /what is not QMP: "42"/],
    ['no line end', 'x'.repeat(2 * 1024 * 1024), /a line without end/],
  ])('garbage: %s', async (_, garbage, message) => {
    const { qmp, fromQemu, clock } = connect();
    fromQemu.write(garbage);
    await expect(qmp.ready).rejects.toMatchObject({
      code: 'boot-failed',
      message: expect.stringMatching(message),
    });
    await expect(qmp.execute('quit')).rejects.toThrow();
    expect(clock.armed).toBe(0);
  });

  test('QEMU goes away', async () => {
    const { qmp, fromQemu, toQemu } = connect();
    fromQemu.destroy();
    toQemu.destroy();
    await expect(qmp.ready).rejects.toMatchObject({ message: 'QEMU closed its control channel' });
  });
});
