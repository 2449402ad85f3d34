import type { Clock } from '../../ports/clock.ts';
import { isUnknownDomain } from './failure.ts';
import type { Fate } from './fate.ts';
import { type Program, startProgram } from './program.ts';
import type { Watcher } from './watcher.ts';
import type { Xl } from './xl.ts';

/** Milliseconds until xenstore is asked again, where it went away, or xl, where that did not answer. */
const AGAIN = 1000;

/**
 * Watches a domain that `xl create -F` does not, as another process has created it: xenstore says
 * that some domain has ended or is gone, and xl then, how this one stands. A domain that has shut down
 * stays until it is destroyed, so its reason is not missed.
 */
export function watchReleases(options: {
  readonly xl: Xl;
  readonly clock: Clock;
  readonly domid: string;
  readonly folder: string;
}): Omit<Watcher, 'created'> {
  const { xl, clock, domid, folder } = options;
  const { promise: over, resolve } = Promise.withResolvers<Fate>();
  let program: Program | undefined;
  let settled = false;
  let looking = false;
  let again = false;
  let forget = () => {};
  let forgetLook = () => {};

  function settle(fate: Fate): void {
    settled = true;
    forget();
    forgetLook();
    program?.kill();
    resolve(fate);
  }

  async function look(): Promise<void> {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    do {
      again = false;
      const { ok, text } = await xl.call('list', '-v', domid);
      const isUnknown = !ok && isUnknownDomain(text);
      const fate = ok ? fateInList(text, domid) : isUnknown ? GONE : undefined;
      if (fate !== undefined && !settled) settle(fate);
      // Nobody else says again that it has ended.
      if (!ok && !isUnknown && !settled) lookLater();
    } while (again && !settled);
    looking = false;
  }

  function lookLater(): void {
    forgetLook();
    forgetLook = clock.after(AGAIN, () => void look());
  }

  function watch(): void {
    const started = startProgram(['xenstore-watch', '@releaseDomain'], { folder });
    program = started;
    started.stderr?.resume();
    started.stdout?.on('data', () => void look());
    // What was over before it watched, or while nothing did.
    void look();
    started.closed.then(() => {
      if (!settled) forget = clock.after(AGAIN, watch);
    });
  }

  watch();
  return {
    over,
    kill: () => settle({ kind: 'unwatched', detail: 'nobody watches it any more' }),
  };
}

const GONE: Fate = { kind: 'destroyed' };

/** Of `xl list -v DOMID`: undefined while it lives. */
export function fateInList(text: string, domid: string): Fate | undefined {
  const reason = rowOf(text, domid)?.reason ?? '';
  return /^\d+$/.test(reason) ? { kind: 'shutdown', code: Number(reason) } : undefined;
}

export function isPausedInList(text: string, domid: string): boolean {
  return rowOf(text, domid)?.state.includes('p') ?? false;
}

/** Name, number, memory, processors, state, time, uuid, reason, label. */
function rowOf(text: string, domid: string): { state: string; reason: string } | undefined {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  const row = rows.find((words) => words.length >= 9 && words.at(-8) === domid);
  return row && { state: row.at(-5) ?? '', reason: row.at(-2) ?? '' };
}
