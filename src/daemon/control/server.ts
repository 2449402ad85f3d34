/**
 * The daemon's end of the control socket: connections in, requests out, answers back. What a client
 * sends is bounded, and so is what is kept for one that does not read: its answers wait, and its
 * further requests are not read.
 */

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { DomstartError } from '../../model/errors.ts';
import { createBoundedLines } from './bounded-lines.ts';
import { toErrorAnswer } from './error-answer.ts';
import {
  type AnswerLine,
  type Greeting,
  type Item,
  MAX_LINE_BYTES,
  type Request,
} from './protocol.ts';
import { parseRequest } from './read-request.ts';

export interface ControlServerOptions {
  readonly greeting: Greeting;
  /** Aborted when the client cancels, or goes away. */
  readonly answer: (request: Request, signal: AbortSignal) => AsyncIterable<Item>;
}

/** So many requests of one connection are answered at a time; the next ones wait unread. */
const MAX_IN_FLIGHT = 10_000;
const MAX_CONNECTIONS = 1000;

/** Closing it closes its connections, when what was written to them is gone. */
export function createControlServer(options: ControlServerOptions): Server {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, options);
  });
  server.maxConnections = MAX_CONNECTIONS;
  const close = server.close.bind(server);
  server.close = (done) => {
    for (const socket of sockets) socket.destroySoon();
    return close(done);
  };
  return server;
}

function serve(socket: Socket, { greeting, answer }: ControlServerOptions): void {
  const waiting = new Map<number, AbortController>();
  const send = (line: AnswerLine | Greeting): boolean =>
    socket.writable && socket.write(`${JSON.stringify(line)}\n`);

  function take(line: string): void {
    const asked = parseRequest(line);
    if ('cancel' in asked) {
      waiting.get(asked.id)?.abort();
      return;
    }
    if (waiting.has(asked.id)) throw broken(`id ${asked.id} is in use`);
    const controller = new AbortController();
    waiting.set(asked.id, controller);
    if (waiting.size >= MAX_IN_FLIGHT) socket.pause();
    void respond(asked.id, asked, controller.signal).finally(() => {
      waiting.delete(asked.id);
      socket.resume();
    });
  }

  async function respond(id: number, request: Request, signal: AbortSignal): Promise<void> {
    try {
      for await (const item of answer(request, signal)) {
        if (signal.aborted) return;
        if (!send({ id, item })) await drained(socket, signal);
      }
      if (!signal.aborted) send({ id, done: true });
    } catch (error) {
      if (!signal.aborted) send({ id, error: toErrorAnswer(error) });
    }
  }

  /** Nothing that comes after nonsense can be understood. */
  function refuse(error: unknown): void {
    send({ id: 0, error: toErrorAnswer(error) });
    socket.end();
    socket.off('data', lines.push);
    socket.resume();
  }

  const lines = createBoundedLines({
    limit: MAX_LINE_BYTES,
    onLine(line) {
      if (socket.writableEnded) return;
      try {
        take(line);
      } catch (error) {
        refuse(error);
      }
    },
    onTooLong: () => refuse(broken(`a line is longer than ${MAX_LINE_BYTES} bytes`)),
  });
  socket.on('data', lines.push);
  socket.on('error', () => {});
  // A client that has said all it wants to say still waits for its answers; one that is gone does not.
  socket.on('close', () => {
    for (const controller of waiting.values()) controller.abort();
  });
  send(greeting);
}

async function drained(socket: Socket, signal: AbortSignal): Promise<void> {
  if (!socket.writableNeedDrain) return;
  await once(socket, 'drain', { signal }).catch(() => {});
}

function broken(why: string): DomstartError {
  return new DomstartError('protocol-broken', `cannot understand the request: ${why}`);
}
