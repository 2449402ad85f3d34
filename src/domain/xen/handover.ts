import { open } from 'node:fs/promises';
import { waitingMark } from '../../model/guest-protocol.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BuiltImage } from '../../ports/images.ts';
import { readStore } from './read-store.ts';

const LINE_END = 0x0a;

export interface Handover {
  /** Of the waiting guest. */
  readonly token: string;
  /** Where its console takes what is typed. */
  readonly terminal: string;
}

/** The terminal of a domain's console, which Xen's console daemon has made; undefined where it has none. */
export async function consoleTerminal(domid: number, clock: Clock): Promise<string | undefined> {
  const path = await readStore(`/local/domain/${domid}/console/tty`, clock);
  return path?.startsWith('/dev/') ? path : undefined;
}

/** What a waiting guest is to be sent: the run's own part of the image, as it is. */
export async function payloadOf({ initrd, own }: BuiltImage): Promise<Buffer> {
  await using file = await open(initrd);
  const { from, bytes } = own ?? { from: 0, bytes: 0 };
  const payload = Buffer.alloc(bytes);
  await file.read(payload, 0, bytes, from);
  return payload;
}

/**
 * Passes a console on, but for the line by which the guest says that it waits: at that it calls
 * `send`, once.
 */
export function listenForWaiting(options: {
  readonly token: string;
  readonly send: () => void;
  readonly onBytes: (bytes: Uint8Array) => void;
}): (bytes: Uint8Array) => void {
  const { token, send, onBytes } = options;
  const mark = Buffer.from(waitingMark(token));
  let line: Buffer | undefined = Buffer.alloc(0);
  return (bytes) => {
    if (line === undefined) return onBytes(bytes);
    const all = Buffer.concat([line, bytes]);
    const at = all.indexOf(mark);
    const end = at < 0 ? -1 : all.indexOf(LINE_END, at);
    if (end < 0) {
      // The mark may be cut anywhere, but no line is before it on its own.
      const whole = at < 0 ? all.lastIndexOf(LINE_END) + 1 : 0;
      line = all.subarray(whole);
      if (whole > 0) onBytes(all.subarray(0, whole));
      return;
    }
    line = undefined;
    if (at > 0) onBytes(all.subarray(0, at));
    send();
    if (end + 1 < all.length) onBytes(all.subarray(end + 1));
  };
}

/** Types it. Rejects where the domain is gone before it has read all. */
export async function typeInto(terminal: string, payload: Uint8Array): Promise<void> {
  await using file = await open(terminal, 'w');
  for (let at = 0; at < payload.length; ) {
    at += (await file.write(payload, at)).bytesWritten;
  }
}
