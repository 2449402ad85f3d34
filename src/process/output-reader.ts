import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { createPacer, type Pace, type Pacer } from '../ports/pace.ts';
import { giveBack } from './output-pipe.ts';

export interface OutputReaderOptions {
  /** The descriptor to read from, as `openOutputPipe` gave it; it belongs to the reader. */
  readonly input: number;
  readonly pace: Pace | undefined;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** Nothing comes for now, so an unfinished line is one. */
  readonly onPause: () => void;
}

export interface OutputReader {
  /**
   * The process is over: gives at once all that it wrote. `done` is called in the same turn, but
   * a little later where somebody else can still write.
   */
  finish(done: () => void): void;
}

/** Most processes are over by then, and cost no socket. */
const WATCH_AFTER_MS = 5;

/** How long output may still come after the end, from a child that keeps the pipe open. */
const GRACE_MS = 100;

const PIECE = 65_536;
const piece = Buffer.allocUnsafeSlow(PIECE);

/** Reads the output of one process: by a socket where it lives for a while, and all of it at its end. */
export function createOutputReader(options: OutputReaderOptions): OutputReader {
  const { input, pace, onBytes, onPause } = options;
  let socket: Socket | undefined;
  let pacer: Pacer | undefined;
  let finished = false;
  let over = false;
  let settle = () => {};
  const timer = setTimeout(watch, WATCH_AFTER_MS);

  function watch(): Socket {
    const source = new Socket({ fd: input, readable: true, writable: false });
    const itsPacer = createPacer(source, pace);
    source.on('data', (bytes: Uint8Array) => {
      onBytes(bytes);
      itsPacer.took();
    });
    source.on('error', () => {});
    source.once('close', end);
    if (finished) source.unref();
    pacer = itsPacer;
    socket = source;
    return source;
  }

  /** The socket has closed the descriptor, or the pipe was given back. */
  function end(): void {
    if (over) return;
    over = true;
    onPause();
    settle();
  }

  /** What is in the pipe; true where nobody can write to it any more. */
  function drain(): boolean {
    for (;;) {
      const count = readPiece(input);
      if (count === undefined) return false;
      if (count === 0) return true;
      onBytes(Uint8Array.prototype.slice.call(piece, 0, count));
    }
  }

  function takeRest(): void {
    if (over || socket?.destroyed) return;
    // First what the socket has read already.
    pacer?.lift();
    if (socket !== undefined) while (socket.read() !== null);
    if (!drain()) return;
    if (socket === undefined) giveBack(input);
    else socket.destroy();
    end();
  }

  return {
    finish(done) {
      clearTimeout(timer);
      finished = true;
      takeRest();
      if (over) return done();
      const grace = setTimeout(() => {
        settle = () => {};
        takeRest();
        onPause();
        pacer?.impose();
        done();
      }, GRACE_MS);
      settle = () => {
        clearTimeout(grace);
        done();
      };
      (socket ?? watch()).unref();
    },
  };
}

/** Undefined where there is nothing now. */
function readPiece(input: number): number | undefined {
  try {
    return readSync(input, piece, 0, PIECE, null);
  } catch {
    return undefined;
  }
}
