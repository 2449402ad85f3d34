import { createHash } from 'node:crypto';

/** Of a name in most file systems, less the longest ending: `.log.9999`. */
const LONGEST = 255 - 9;
const HASH_DIGITS = 16;

/**
 * The file of an instance's log: NAME[-INSTANCE].log, as Upstart names it, every `/` replaced by
 * `_`. Where that is too long for a file system, the beginning of it, `~`, and 16 hexadecimal
 * digits that tell it from others: Upstart hangs there. Two instances may have the same file name.
 */
export function logFileName(job: string, instance: string): string {
  const whole = instance === '' ? job : `${job}-${instance}`;
  const name = whole.replaceAll('/', '_').replaceAll('\0', '_');
  if (Buffer.byteLength(name) <= LONGEST) return `${name}.log`;
  const hash = createHash('sha256').update(`${job}\0${instance}`).digest('hex');
  const room = LONGEST - HASH_DIGITS - 1;
  return `${beginning(name, room)}~${hash.slice(0, HASH_DIGITS)}.log`;
}

/** As many whole characters as have room in that many bytes. */
function beginning(text: string, room: number): string {
  const bytes = Buffer.from(text);
  let end = room;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}
