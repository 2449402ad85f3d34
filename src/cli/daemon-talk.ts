import { say } from './output.ts';

/** In bytes, what waits for a reader of our log who does not read. */
const KEPT = 1024 * 1024;

/**
 * Gives what says a line of the daemon's log. A reader who is behind holds up nobody: what is too
 * much for the memory is dropped, and a line says how much that was.
 */
export function createTalk(): (text: string) => void {
  let lost = 0;
  return (text) => {
    if (process.stderr.writableLength > KEPT) {
      lost += 1;
      return;
    }
    if (lost > 0) {
      say(`domstartd: ${lost} lines lost: they came faster than they were read`);
      lost = 0;
    }
    say(`domstartd: ${text}`);
  };
}
