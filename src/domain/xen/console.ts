import type { Clock } from '../../ports/clock.ts';
import { createPacer, type Pace, type Pacer } from '../../ports/pace.ts';
import { tether } from '../tether.ts';
import { createLastWords } from './last-words.ts';
import { type Program, startProgram } from './program.ts';

export interface XenConsole {
  /**
   * Resolves when everything was read that a domain wrote which has shut down. Xen's own daemon
   * throws away what it has not passed on when a domain is destroyed, so that this comes before.
   */
  drain(): Promise<void>;
  /** As `drain`, of a domain that stands still: resolves when it has shown nothing for a while. */
  catchUp(): Promise<void>;
  /** That one runs again after all. */
  goOn(): void;
  /** The domain is about to be destroyed: nobody is to read on when its reader ends. */
  expectEnd(): void;
  /** The domain is destroyed: resolves when its last byte was passed on. */
  close(): Promise<void>;
  /** The domain is there, and nobody is to read it any more. */
  leave(): Promise<void>;
}

/** Milliseconds. The daemon rests for up to 200 after much output (xenconsoled, RATE_LIMIT_PERIOD). */
const QUIET = 250;
const ATTACH_AGAIN = 200;
const END_LIMIT = 1000;

/**
 * Reads a domain's own console. Xen's daemon keeps what comes before anybody reads; where the
 * reader is killed, another one goes on.
 */
export function attachConsole(options: {
  /** What prints the console on its standard output. */
  readonly command: readonly string[];
  readonly clock: Clock;
  /** Of the run. */
  readonly folder: string;
  readonly pace?: Pace | undefined;
  readonly onBytes: (bytes: Uint8Array) => void;
}): XenConsole {
  const { clock } = options;
  const words = createLastWords();
  let onData = () => {};
  let program: Program | undefined;
  let pacer: Pacer | undefined;
  let lifted = false;
  let ending = false;
  let forget = () => {};

  function attach(): void {
    // What a reader without us took from Xen's daemon would be lost.
    const started = startProgram([...tether(), ...options.command], { folder: options.folder });
    const { stdout, stderr } = started;
    program = started;
    stderr?.resume();
    if (stdout !== undefined) {
      const source = createPacer(stdout, options.pace);
      pacer = source;
      if (lifted) source.lift();
      stdout.on('data', (bytes: Buffer) => {
        words.push(bytes);
        options.onBytes(bytes);
        source.took();
        onData();
      });
    }
    onData();
    started.closed.then(() => {
      program = undefined;
      onData();
      if (!ending) forget = clock.after(ATTACH_AGAIN, attach);
    });
  }

  function expectEnd(): void {
    ending = true;
    forget();
    onData();
  }

  function lift(): void {
    lifted = true;
    pacer?.lift();
  }

  function readAll(isOver: () => boolean): Promise<void> {
    lift();
    return new Promise((resolve) => {
      let cancel = () => {};
      onData = () => {
        cancel();
        if (isOver() || (ending && program === undefined)) resolve();
        // That it is quiet says nothing where nobody reads: somebody will.
        else if (program !== undefined) cancel = clock.after(QUIET, resolve);
      };
      onData();
    });
  }

  attach();
  return {
    drain: () => readAll(() => words.said),
    catchUp: () => readAll(() => false),
    goOn() {
      onData = () => {};
      lifted = false;
      pacer?.impose();
    },
    expectEnd,
    async leave() {
      expectEnd();
      program?.kill();
      await program?.closed;
    },
    async close() {
      expectEnd();
      lift();
      const last = program;
      if (last === undefined) return;
      // One that came when the domain was gone already waits for it.
      let cancel = () => {};
      onData = () => {
        cancel();
        cancel = clock.after(END_LIMIT, last.kill);
      };
      onData();
      await last.closed;
      cancel();
    },
  };
}
