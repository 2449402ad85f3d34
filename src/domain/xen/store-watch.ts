import { connect, type Socket } from 'node:net';
import type { Clock } from '../../ports/clock.ts';
import { readStore } from './read-store.ts';

/** Tells those who have a domain that Xen's store went away. */
export interface StoreWatch {
  /** `onLost` is called once the store does not know that domain any more; the result ends it. */
  enter(domid: string, onLost: () => void): () => void;
}

/** Where xenstored listens; it may be told another place, and is not watched then. */
const SOCKET = '/run/xenstored/socket';

/** Milliseconds that the store has for coming back before it is asked. */
const COMES_BACK = 1000;

/**
 * xenstored keeps its state in memory. Where it is restarted, nobody hears of the domains that run:
 * they go on, and `xl create -F` waits for ever, as does xenstore-watch. A connection to it ends with
 * it, and one is enough for all domains.
 */
export function createStoreWatch(clock: Clock): StoreWatch {
  const watched = new Map<symbol, { readonly domid: string; readonly onLost: () => void }>();
  let socket: Socket | undefined;

  function open(): void {
    const opened = connect(SOCKET);
    let connected = false;
    socket = opened;
    opened.unref();
    opened.on('connect', () => {
      connected = true;
    });
    opened.on('error', () => {});
    opened.resume().on('close', () => {
      if (socket !== opened) return;
      socket = undefined;
      // Where it is not to be reached there is nothing to be lost.
      if (connected) clock.after(COMES_BACK, () => void look());
    });
  }

  async function look(): Promise<void> {
    for (const [key, { domid, onLost }] of [...watched]) {
      if ((await readStore(`/local/domain/${domid}/name`, clock)) !== undefined) continue;
      if (watched.delete(key)) onLost();
    }
    if (watched.size > 0 && socket === undefined) open();
  }

  return {
    enter(domid, onLost) {
      const key = Symbol(domid);
      watched.set(key, { domid, onLost });
      if (socket === undefined) open();
      return () => {
        watched.delete(key);
        if (watched.size > 0) return;
        const last = socket;
        socket = undefined;
        last?.destroy();
      };
    },
  };
}
