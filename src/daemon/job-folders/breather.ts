import { setImmediate } from 'node:timers/promises';

/** So many milliseconds the daemon may be deaf. */
const BREATH_MS = 10;

/** Called again and again in a long piece of work; gives a promise where others should have a turn. */
export type Breathe = () => Promise<void> | undefined;

/** Rejects with AbortError when the signal is aborted: then the work is not wanted any more. */
export function createBreather(signal: AbortSignal): Breathe {
  let since = performance.now();
  return () => {
    if (performance.now() - since < BREATH_MS) return undefined;
    return setImmediate(undefined, { signal }).then(() => {
      since = performance.now();
    });
  };
}
