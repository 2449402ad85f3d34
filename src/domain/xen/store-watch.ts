import type { Clock } from '../../ports/clock.ts';
import { tether } from '../tether.ts';
import { collectText, type Program, startProgram } from './program.ts';

/** Tells those who have a domain that Xen's store went away. */
export interface StoreWatch {
  /** `onLost` is called once the store does not know that domain any more; the result ends it. */
  enter(domid: string, onLost: () => void): () => void;
}

/** Milliseconds that the store has for an answer. */
const ANSWER_LIMIT = 5000;

/**
 * xenstored keeps its state in memory. Where it is restarted, nobody hears of the domains that run:
 * they go on, and `xl create -F` waits for ever. A watch of it ends with it, and one is enough for all
 * domains. It may have been killed by somebody as well, so the store is asked.
 */
export function createStoreWatch(clock: Clock): StoreWatch {
  const watched = new Map<symbol, { readonly domid: string; readonly onLost: () => void }>();
  let program: Program | undefined;

  function start(): void {
    const started = startProgram([...tether(), 'xenstore-watch', '@releaseDomain']);
    program = started;
    started.child.stdout?.resume();
    started.child.stderr?.resume();
    void started.closed.then(({ failure }) => {
      // Without the program there is nothing to be told.
      if (program === started && failure === undefined) void look();
    });
  }

  async function look(): Promise<void> {
    program = undefined;
    for (const [key, { domid, onLost }] of [...watched]) {
      if (await knows(domid, clock)) continue;
      if (watched.delete(key)) onLost();
    }
    if (watched.size > 0 && program === undefined) start();
  }

  return {
    enter(domid, onLost) {
      const key = Symbol(domid);
      watched.set(key, { domid, onLost });
      if (program === undefined) start();
      return () => {
        watched.delete(key);
        if (watched.size > 0) return;
        program?.kill();
        program = undefined;
      };
    },
  };
}

async function knows(domid: string, clock: Clock): Promise<boolean> {
  const asked = startProgram(['xenstore-read', `/local/domain/${domid}/name`]);
  collectText(asked);
  const forget = clock.after(ANSWER_LIMIT, asked.kill);
  const { status } = await asked.closed;
  forget();
  return status === 0;
}
