/**
 * The daemon's end of the control socket: connections in, requests out, answers back. What a client
 * sends is bounded, and so is what is kept for one that does not read: its answers wait, and its
 * further requests are not read.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { DomstartError } from '../../model/errors.ts';
import { type Connection, serveConnection } from './connection.ts';
import { toErrorAnswer } from './error-answer.ts';
import type { AnswerLine, Greeting, Item, Request } from './protocol.ts';

export interface ControlServerOptions {
  readonly greeting: Greeting;
  /** Aborted when the client cancels, or goes away. */
  readonly answer: (request: Request, signal: AbortSignal) => AsyncIterable<Item>;
}

/** Each waits for something, as a rule. */
const MAX_CONNECTIONS = 1000;

/** A client that does not take its answers is not waited for any longer. */
const PATIENCE_MS = 1000;

/** Closing it closes its connections, when what they had asked is answered. */
export function createControlServer(options: ControlServerOptions): Server {
  const sockets = new Map<Socket, Connection>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (sockets.size >= MAX_CONNECTIONS) {
      turnAway(socket, options.greeting);
      return;
    }
    sockets.set(socket, serveConnection(socket, options));
    socket.once('close', () => sockets.delete(socket));
  });
  // A connection that cannot be accepted, for want of descriptors, is no reason to end.
  server.on('error', () => {});
  const close = server.close.bind(server);
  server.close = (done) => {
    for (const connection of sockets.values()) connection.finish();
    const timer = setTimeout(() => {
      for (const socket of sockets.keys()) socket.destroy();
    }, PATIENCE_MS);
    return close((error) => {
      clearTimeout(timer);
      done?.(error);
    });
  };
  return server;
}

function turnAway(socket: Socket, greeting: Greeting): void {
  const message = `the daemon has ${MAX_CONNECTIONS} clients, and takes no more`;
  const error = new DomstartError('daemon-unreachable', message, {
    hint: 'end some of those that wait',
  });
  const lines = [greeting, { id: 0, error: toErrorAnswer(error) } satisfies AnswerLine];
  socket.on('error', () => {});
  socket.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  socket.destroySoon();
}
