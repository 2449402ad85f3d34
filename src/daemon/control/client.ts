/**
 * The client's end of the control socket. It is loaded by every `initctl emit` of every script, so
 * it needs nothing but node:net and the small files beside it.
 */

import { connect } from 'node:net';
import { DomstartError, type ErrorCode } from '../../model/errors.ts';
import { type AnswerQueue, createAnswerQueue } from './answer-queue.ts';
import { createBoundedLines } from './bounded-lines.ts';
import {
  type ErrorAnswer,
  type Greeting,
  type Item,
  MAX_LINE_BYTES,
  type Request,
} from './protocol.ts';
import { protocolBroken, readAnswer, readGreeting } from './read-answer.ts';

export interface ControlClient extends Disposable {
  readonly greeting: Greeting;
  /**
   * Sends it at once and gives what is answered, to be taken once. Throws the daemon's own error, or
   * `daemon-unreachable`, `protocol-broken`, `cancelled`. Breaking off, or the signal, ends the
   * waiting and never the job. Answers to several requests must be taken side by side: while one
   * has plenty that nobody takes, nothing is read.
   */
  request(request: Request, options?: { readonly signal?: AbortSignal }): AsyncIterable<Item>;
  /** Closes the connection; what is still waited for fails. */
  close(): void;
}

export interface ConnectOptions {
  readonly path: string;
  readonly signal?: AbortSignal;
  /** Milliseconds that the daemon has for its first line. Default 10,000. */
  readonly patience?: number;
}

/** Connects to the daemon that listens there. Throws as `request` does. */
export async function connectToDaemon(options: ConnectOptions): Promise<ControlClient> {
  const { path, signal, patience = 10_000 } = options;
  if (signal?.aborted) throw cancelled();
  const answers = new Map<number, AnswerQueue>();
  const greeted = Promise.withResolvers<Greeting>();
  let isGreeted = false;
  let failure: DomstartError | undefined;
  let last = 0;

  const fail = (error: DomstartError) => {
    if (failure !== undefined) return;
    failure = error;
    socket.destroy();
    greeted.reject(error);
    for (const answer of answers.values()) answer.fail(error);
    answers.clear();
  };
  const take = (line: string) => {
    if (!isGreeted) {
      greeted.resolve(readGreeting(line));
      isGreeted = true;
      return;
    }
    const told = readAnswer(line);
    // The daemon could not read what it was sent, and closes the connection.
    if (told.id === 0 && 'error' in told) throw errorOf(told.error);
    // The rest of an answer that nobody wants any more comes to an id without a queue.
    if (told.id > last) throw protocolBroken(`it answers what nobody asked, ${told.id}`);
    const answer = answers.get(told.id);
    if ('item' in told) {
      answer?.push(told.item);
      return;
    }
    answers.delete(told.id);
    if ('done' in told) answer?.end();
    else answer?.fail(errorOf(told.error));
  };
  const lines = createBoundedLines({
    limit: MAX_LINE_BYTES,
    onLine(line) {
      if (failure !== undefined) return;
      try {
        take(line);
      } catch (error) {
        fail(error as DomstartError);
      }
    },
    onTooLong: () => fail(protocolBroken(`a line is longer than ${MAX_LINE_BYTES} bytes`)),
  });

  const socket = connect(path);
  socket.on('data', lines.push);
  socket.on('error', (error: NodeJS.ErrnoException) => fail(unreachable(path, error)));
  socket.on('close', () => fail(wentAway(path)));
  const silence = setTimeout(() => fail(silent(path)), patience);
  const onAbort = () => fail(cancelled());
  signal?.addEventListener('abort', onAbort);
  const greeting = await greeted.promise.finally(() => {
    clearTimeout(silence);
    signal?.removeEventListener('abort', onAbort);
  });

  /** What is asked in one turn arrives in one piece, and is begun before anything follows from it. */
  function send(line: object): void {
    if (socket.destroyed) return;
    if (socket.writableCorked === 0) {
      socket.cork();
      queueMicrotask(() => socket.uncork());
    }
    socket.write(`${JSON.stringify(line)}\n`);
  }

  function ask(request: Request, signal: AbortSignal | undefined): AnswerQueue {
    last += 1;
    const id = last;
    const leave = () => {
      if (answers.delete(id)) send({ id, cancel: true });
    };
    const answer = createAnswerQueue({
      onFull: () => socket.pause(),
      onRoom: () => socket.resume(),
      onEnd: () => signal?.removeEventListener('abort', onAbort),
      onLeft: leave,
    });
    const onAbort = () => {
      leave();
      answer.fail(cancelled());
    };
    const refusal = failure ?? (signal?.aborted ? cancelled() : refusalOf({ id, ...request }));
    if (refusal !== undefined) {
      answer.fail(refusal);
      return answer;
    }
    answers.set(id, answer);
    signal?.addEventListener('abort', onAbort);
    send({ id, ...request });
    return answer;
  }

  return {
    greeting,
    request: (request, { signal } = {}) => ask(request, signal),
    close: () => fail(cancelled()),
    [Symbol.dispose]: () => fail(cancelled()),
  };
}

function refusalOf(line: object): DomstartError | undefined {
  if (Buffer.byteLength(JSON.stringify(line)) <= MAX_LINE_BYTES) return undefined;
  return new DomstartError(
    'not-supported',
    `cannot ask that: it is longer than ${MAX_LINE_BYTES} bytes`,
    { hint: 'put long values into a file and give its name' },
  );
}

function errorOf({ code, message, hint }: ErrorAnswer): DomstartError {
  return new DomstartError(code as ErrorCode, message, { hint });
}

const OTHER = '--socket or DOMSTART_SOCKET name the socket of another one';

function unreachable(path: string, cause: NodeJS.ErrnoException): DomstartError {
  const [why, hint] = reasonOf(cause);
  return new DomstartError('daemon-unreachable', `no daemon at ${path}: ${why}`, { hint, cause });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): readonly [string, string] {
  switch (code) {
    case 'ENOENT':
      return ['there is no such socket', `start the daemon; ${OTHER}`];
    case 'ECONNREFUSED':
      return ['nobody listens there', `start the daemon; ${OTHER}`];
    case 'EACCES':
    case 'EPERM':
      return ['it may not be used', `it is its owner's; ${OTHER}`];
    case 'EINVAL':
      return ['no socket can have that name', 'such a name may have 107 bytes'];
    case 'ENOTSOCK':
      return ['it is no socket', OTHER];
    default:
      return [message, OTHER];
  }
}

function wentAway(path: string): DomstartError {
  return new DomstartError(
    'daemon-unreachable',
    `the daemon at ${path} went away before it answered`,
    { hint: 'its log says why; what was asked may have been done' },
  );
}

function silent(path: string): DomstartError {
  return new DomstartError('daemon-unreachable', `the daemon at ${path} does not answer`, {
    hint: `it may be stopped, or busy; ${OTHER}`,
  });
}

function cancelled(): DomstartError {
  return new DomstartError('cancelled', 'the answer was not waited for');
}
