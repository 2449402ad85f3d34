import { StringDecoder } from 'node:string_decoder';
import { neutralise } from '../../model/terminal.ts';

/**
 * Writes what a job wrote: as it is into a file or a pipe; onto a terminal line by line, such that
 * the terminal acts on nothing of it.
 */
export function consoleWriter(stream: NodeJS.WriteStream): (bytes: Buffer) => void {
  if (!stream.isTTY) return (bytes) => stream.write(bytes);
  const decoder = new StringDecoder('utf8');
  return (bytes) => {
    const lines = decoder.write(bytes).split('\n');
    stream.write(lines.map(neutralise).join('\n'));
  };
}
