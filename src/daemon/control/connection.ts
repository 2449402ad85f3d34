import { once, setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { DomstartError } from '../../model/errors.ts';
import { createBoundedLines } from './bounded-lines.ts';
import { toErrorAnswer } from './error-answer.ts';
import { type AnswerLine, type Greeting, MAX_LINE_BYTES, type Request } from './protocol.ts';
import { parseRequest } from './read-request.ts';
import type { ControlServerOptions } from './server.ts';

/** So many requests of one connection are answered at a time; the next ones wait unread. */
const MAX_IN_FLIGHT = 10_000;

/** How often it is tried whether a client that has said all it wants to say is still there. */
const PROBE_MS = 1000;

/** Who was refused has so long to read why. */
const PATIENCE_MS = 1000;

export interface Connection {
  /** Takes no more requests, and ends when those that were taken are answered. */
  finish(): void;
}

/** Serves one client until it is gone. */
export function serveConnection(
  socket: Socket,
  { greeting, answer }: ControlServerOptions,
): Connection {
  const waiting = new Map<number, AbortController>();
  let finishing = false;
  let probe: NodeJS.Timeout | undefined;
  let cutOff: NodeJS.Timeout | undefined;
  setMaxListeners(0, socket);
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
    void respond(asked.id, asked, controller.signal).finally(() => {
      waiting.delete(asked.id);
      readOn();
      if (finishing) endWhenAnswered();
    });
  }

  async function respond(id: number, request: Request, signal: AbortSignal): Promise<void> {
    try {
      for await (const item of answer(request, signal)) {
        if (signal.aborted) return;
        if (!send({ id, item })) await drained(signal);
      }
      if (!signal.aborted) send({ id, done: true });
    } catch (error) {
      if (!signal.aborted) send({ id, error: toErrorAnswer(error) });
    }
  }

  function endWhenAnswered(): void {
    finishing = true;
    if (waiting.size === 0) socket.end();
  }

  async function drained(signal: AbortSignal): Promise<void> {
    if (!socket.writableNeedDrain) return;
    await once(socket, 'drain', { signal }).catch(() => {});
  }

  /** Who does not take its answers, or waits for very many, is not listened to for now. */
  function readOn(): void {
    if (socket.writableNeedDrain || waiting.size >= MAX_IN_FLIGHT) socket.pause();
    else socket.resume();
  }

  /** Nothing that comes after nonsense can be understood. */
  function refuse(error: unknown): void {
    send({ id: 0, error: toErrorAnswer(error) });
    socket.end();
    socket.off('data', onData);
    socket.resume();
    // It may still be saying more, for ever.
    cutOff = setTimeout(() => socket.destroy(), PATIENCE_MS);
  }

  function onData(chunk: Buffer): void {
    lines.push(chunk);
    readOn();
  }

  const lines = createBoundedLines({
    limit: MAX_LINE_BYTES,
    onLine(line) {
      if (socket.writableEnded || finishing) return;
      try {
        take(line);
      } catch (error) {
        refuse(error);
      }
    },
    onTooLong: () => refuse(broken(`a line is longer than ${MAX_LINE_BYTES} bytes`)),
  });

  /**
   * It has said all it wants to say, and still waits for its answers; or it is gone. Only writing
   * tells which, and an empty line is nothing to who reads JSON.
   */
  function onEnd(): void {
    lines.end();
    endWhenAnswered();
    if (waiting.size === 0) return;
    probe = setInterval(() => {
      if (socket.writable && !socket.writableNeedDrain) socket.write('\n');
    }, PROBE_MS);
  }

  socket.on('data', onData);
  socket.on('drain', readOn);
  socket.on('end', onEnd);
  socket.on('error', () => {});
  socket.on('close', () => {
    clearInterval(probe);
    clearTimeout(cutOff);
    for (const controller of waiting.values()) controller.abort();
  });
  send(greeting);
  return { finish: endWhenAnswered };
}

function broken(why: string): DomstartError {
  return new DomstartError('protocol-broken', `cannot understand the request: ${why}`);
}
