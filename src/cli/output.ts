import { once } from 'node:events';
import { messageOf, toDomstartError } from '../model/errors.ts';
import { EXIT, exitStatusOf } from './exit-codes.ts';
import { styleFor } from './style.ts';

/** A line of talk: standard error, so that standard output stays data. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A line of data. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints what went wrong and what to do, and gives the exit status for it. */
export function fail(error: unknown): number {
  const known = toDomstartError(error);
  const style = styleFor(process.stderr);
  say(`${style('red', 'domstart:')} ${known.message}`);
  if (known.hint !== undefined) say(`  ${style('dim', 'hint:')} ${known.hint}`);
  if (known.code === 'internal') {
    const stack = known.cause instanceof Error ? known.cause.stack : known.stack;
    say(stack ?? messageOf(error));
    say('  This is a defect of Domstart. Please report it with the lines above.');
  }
  return exitStatusOf(known.code);
}

/**
 * A reader that goes away (`| head -1`) is no error of ours; without a listener Node would die. Data
 * for which there is no room is told, and whoever would have exited with 0 exits with 74.
 */
export function tolerateClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount('error', tellLost) === 0) stream.on('error', tellLost);
  }
}

function tellLost(this: NodeJS.WriteStream, { code, message }: NodeJS.ErrnoException): void {
  if (this !== process.stdout || code === 'EPIPE') return;
  process.off('exit', exitAsLost);
  process.on('exit', exitAsLost);
  say(
    `${styleFor(process.stderr)('red', 'domstart:')} cannot write to standard output: ${message}`,
  );
}

function exitAsLost(): void {
  process.exitCode ||= EXIT.hostIo;
}

/**
 * Our data cannot be written: nobody reads it any more (EPIPE), or there is no room for it, which
 * is told already. What goes on for long should end then.
 */
export function onOutputLost(onLost: (error: NodeJS.ErrnoException) => void): () => void {
  process.stdout.once('error', onLost);
  return () => process.stdout.off('error', onLost);
}

/** Something to wait for while the reader of our data is behind; what prints is not read on then. */
export function outputPace(): Promise<unknown> | undefined {
  return process.stdout.writableNeedDrain ? once(process.stdout, 'drain') : undefined;
}
