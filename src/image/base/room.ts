import { statfs } from 'node:fs/promises';

const NO_SPACE =
  /No space left on device|Disk quota exceeded|Wrote only \d+ of \d+ bytes|have enough free space/;

/** Whether a tool says with this that it could not write for want of space. */
export function saysNoSpace(text: string): boolean {
  return NO_SPACE.test(text);
}

/** Bytes: with less the next package, or list of packages, has no room. */
const LEAST = 4 * 2 ** 20;
const PAUSE_MS = 2000;
/** A tool that fails by itself says more of it. */
const LOOKS = 3;

/**
 * Looks whether there is room in a folder as long as a tool writes there, and calls `onFull` once
 * where there has been none for some seconds. apt, once it could not write, may wait for ever.
 */
export function watchRoom(folder: string, onFull: () => void): Disposable {
  let full = 0;
  const look = async () => {
    full = (await isFull(folder)) ? full + 1 : 0;
    if (full === LOOKS) onFull();
  };
  const timer = setInterval(() => void look(), PAUSE_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function isFull(folder: string): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize < LEAST;
  } catch {
    return false;
  }
}
