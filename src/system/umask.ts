import { readFileSync } from 'node:fs';

/**
 * The permission bits that new files of this process do not get. Node's own way to ask sets the mask
 * to nothing for a moment, in which whatever is made elsewhere in the process is open to everybody.
 */
export function currentUmask(): number {
  const status = readFileSync('/proc/self/status', 'latin1');
  return Number.parseInt(/^Umask:\s*([0-7]+)$/m.exec(status)?.[1] ?? '077', 8);
}
